"""The Hub is seen to before training, and what training made is never lost to it."""

import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError

import featx
from featx.errors import FeatxError
from featx.finetuning.saving.hub import best_saved, check_hub, push
from featx.runs import hub


class Api:
    """Stands for the Hub: notes what it is asked, and refuses with a status."""

    def __init__(self, status=0):
        self.asked, self.status = [], status

    def __call__(self):
        return self

    def _answer(self, *asked):
        self.asked.append(asked)
        if self.status:
            response = SimpleNamespace(status_code=self.status, headers={}, request=None)
            raise HfHubHTTPError("You may not.\nRequest ID: 1", response=response)

    def create_repo(self, repository, private, exist_ok):
        self._answer("create", repository, private, exist_ok)

    def auth_check(self, repository, write):
        self._answer("may write", repository, write)

    def upload_folder(self, repo_id, folder_path, commit_message, delete_patterns):
        files = {path.name for path in Path(folder_path).iterdir()}
        # what another kind of model left there must not be taken for a part of this
        assert {"config.json", "model.safetensors", "encoder/model.safetensors"} < set(
            delete_patterns
        )
        self._answer("upload", repo_id, files)


@pytest.fixture
def reachable(monkeypatch):
    """Stand in for a Hub that answers, and a login; choose the status of its answers."""

    def choose(status=0):
        api = Api(status)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub, "get_token", lambda: "hf_token")
        monkeypatch.setattr(hub, "get_session", lambda: type("", (), {"head": lambda *a, **k: 0})())
        monkeypatch.setattr(hub, "HfApi", api)
        return api

    return choose


@pytest.fixture
def unreachable(monkeypatch):
    """An address where nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_token")


@pytest.mark.parametrize("name", ["x", "", "a/b/c", "/x", "me/", "me/a b", "me/a--b", "../x"])
def test_a_bad_name_is_refused(name, reachable):
    api = reachable()
    with pytest.raises(FeatxError, match=f"`push_to_hub={name!r}`: must be OWNER/NAME"):
        check_hub(name)
    assert not api.asked


def test_offline_is_refused(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FeatxError, match=r"HF_HUB_OFFLINE .* is set.*send the model later"):
        check_hub("me/x")


def test_no_token_is_refused(reachable, monkeypatch):
    api = reachable()
    monkeypatch.setattr(hub, "get_token", lambda: None)
    with pytest.raises(FeatxError, match=r"not logged in\. `hf auth login`"):
        check_hub("me/x")
    assert not api.asked


def test_a_hub_that_does_not_answer_is_refused_at_once(unreachable):
    begin = time.monotonic()
    with pytest.raises(FeatxError, match=r"the Hub at http://127\.0\.0\.1:.* can't be reached"):
        check_hub("me/x")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("status", "fact"),
    [(401, "`hf auth login`"), (403, "may not write"), (500, "refuses")],
)
def test_missing_rights_are_named_with_the_cure(status, fact, reachable):
    reachable(status)
    with pytest.raises(FeatxError, match=f"You may not.*{fact}|{fact}.*You may not") as caught:
        check_hub("me/x")
    assert "\n" not in str(caught.value)


def test_the_repository_is_made_private_and_can_be_written_to(reachable):
    api = reachable()
    check_hub("me/x")
    assert api.asked == [("create", "me/x", True, True), ("may write", "me/x", True)]


def test_the_whole_folder_is_sent(reachable, tmp_path):
    api = reachable()
    for name in ("README.md", "config.json", "model.safetensors"):
        (tmp_path / name).touch()
    assert push("me/x", tmp_path) == f"{constants.ENDPOINT}/me/x"
    assert api.asked == [("upload", "me/x", {"README.md", "config.json", "model.safetensors"})]


def test_a_push_that_fails_says_how_to_send_it_later(unreachable, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the client tries again, and waits
    (tmp_path / "README.md").touch()
    with pytest.raises(FeatxError, match="the run is finished") as caught:
        push("me/x", tmp_path)
    assert str(caught.value).endswith(f"  hf upload me/x {tmp_path}")


def test_the_best_saved_model_is_the_one_sent(tmp_path):
    header = "seed,fold,step,epoch,learning_rate,train_loss,train_wa,validation_loss,"
    rows = [header + "validation_score,validation_wa,train_seconds,seconds"]
    for seed, fold, loss, uar in [(0, 0, 1, 0.5), (0, 1, 3, 0.7), (1, 0, 2, 0.7), (1, 1, 0, 0.9)]:
        rows.append(f"{seed},{fold},2,1,1,1,1,{loss},{uar},0.5,1,1")
        rows.append(f"{seed},{fold},4,2,1,1,1,{loss + 5},{uar / 2},0.5,1,1")
    (tmp_path / "history.csv").write_text("\n".join(rows))
    models = tmp_path / "models"
    with pytest.raises(FeatxError, match="without saving a model"):
        best_saved(tmp_path, models, "score")
    for name in ("seed0-fold0", "seed0-fold1", "seed1-fold0"):  # not the very best
        (models / name).mkdir(parents=True)
    assert best_saved(tmp_path, models, "score").name == "seed0-fold1"
    assert best_saved(tmp_path, models, "loss").name == "seed0-fold0"


def test_a_fine_tuning_fails_before_training(unreachable, one_split, finetune):
    with pytest.raises(FeatxError, match="`push_to_hub='me/x'`: the Hub at http://127"):
        finetune(push_to_hub="me/x")
    assert not Path("runs").exists()


def test_a_fine_tuning_sends_the_best_model_with_its_card(reachable, one_split, finetune):
    api = reachable()
    history = finetune(push_to_hub="me/x").folder / "history.csv"
    expected = {
        "README.md", "config.json", "head.json", "head.safetensors", "model.safetensors",
        "preprocessor_config.json",
    }  # fmt: skip
    assert api.asked[-1] == ("upload", "me/x", expected)
    before = history.stat().st_mtime_ns
    finetune(push_to_hub="me/other")  # a finished run is sent as it is
    assert api.asked[-1] == ("upload", "me/other", expected)
    assert history.stat().st_mtime_ns == before
    pushed = featx.push(history.parent, "me/later", dry_run="out")  # so is one of before
    assert set(pushed.files) == expected
    assert featx.load("out").classes
