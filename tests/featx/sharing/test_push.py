"""What is pushed is a model with a card, and nothing that tells of this machine."""

import csv
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import ModelCard, constants

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.save import save_model
from featx.runs import hub
from featx.runs.outputs import Outputs
from featx.sharing import push as pushing
from featx.sharing.places import leads_out, without_places

SETTINGS = ("training.epochs=1", "head.width=8")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return tmp_path_factory.mktemp("finished") / "place"


@pytest.fixture
def run(finished, workplace, request):
    """A finished fit, made from absolute paths."""
    if not finished.exists():
        request.getfixturevalue("extracted")
        featx.fit("dense", folds=3, name="made", settings=SETTINGS, manifest="manifest.csv")
        shutil.copytree(workplace, finished)
    shutil.copytree(finished, workplace, dirs_exist_ok=True)
    return Path("runs/made")


class Api:
    """Stands for the Hub: notes what it is asked."""

    def __init__(self, private=True):
        self.asked, self.private = [], private

    def __call__(self):
        return self

    def create_repo(self, repository, private, exist_ok):
        self.asked.append(("create", repository, private))

    def auth_check(self, repository, write):
        pass

    def model_info(self, repository):
        return SimpleNamespace(private=self.private)

    def upload_folder(self, repo_id, folder_path, commit_message, delete_patterns):
        names = sorted(p.relative_to(folder_path).as_posix() for p in Path(folder_path).rglob("*"))
        self.asked.append(("upload", repo_id, names, delete_patterns))


@pytest.fixture
def api(monkeypatch):
    made = Api()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "get_token", lambda: "hf_token")
    monkeypatch.setattr(hub, "get_session", lambda: SimpleNamespace(head=lambda *a, **k: 0))
    monkeypatch.setattr(hub, "HfApi", made)
    monkeypatch.setattr(pushing, "HfApi", made)
    return made


def test_a_fit_is_sent_private_and_in_place_of_an_earlier_one(run, api):
    pushed = featx.push(run, "me/emotions")
    assert api.asked[0] == ("create", "me/emotions", True)
    kind, repository, names, replaced = api.asked[1]
    assert (kind, repository) == ("upload", "me/emotions")
    assert set(names) == set(pushed.files)
    assert not {"predictions.csv", "run.log", "history.csv"} & set(names)
    assert "predictions.csv" in replaced
    assert pushed.place.endswith("/me/emotions")
    assert any("predictions.csv is not sent" in note for note in pushed.notes)


def test_public_is_asked_for(run, api):
    api.private = False
    with pytest.raises(FeatxError, match="everybody can see it"):
        featx.push(run, "me/emotions")
    featx.push(run, "me/emotions", public=True, with_predictions=True)
    assert api.asked[-2] == ("create", "me/emotions", False)
    assert "predictions.csv" in api.asked[-1][2]


def test_a_dry_run_is_a_folder_to_look_at(run, run_featx):
    code, out, err = run_featx("push", run, "me/emotions", "--dry-run", "out", "--license", "mit")
    assert (code, err) == (0, "")
    assert "--with-predictions" in out
    assert "Nothing was sent" in out
    card = ModelCard(Path("out/README.md").read_text())
    assert card.data.license == "mit"
    assert card.data.library_name == "featx"
    assert {result.metric_type for result in card.data.eval_results} == {"recall", "accuracy"}
    scores = featx.Run(run).results.scores
    assert f"| UAR | {scores['uar']} | {scores['uar'].low:.1f} to {scores['uar'].high:.1f} |" in (
        card.text
    )
    assert "featx pull me/emotions" in card.text
    assert "| tiny | 0 |" in card.text
    with pytest.raises(FeatxError, match="not an empty folder"):
        featx.push(run, "me/emotions", dry_run="out")


def test_what_is_sent_predicts_the_same(run, checkpoint_folder):
    featx.push(run, "me/emotions", dry_run="elsewhere/sent")
    shutil.copytree(checkpoint_folder, "tiny")
    files = ["audio/sad-0-0.wav", "audio/happy-3-1.wav"]
    ours, theirs = (featx.predict(r, files, encoder="tiny") for r in (run, "elsewhere/sent"))
    assert [row.probabilities for row in ours] == [row.probabilities for row in theirs]
    assert featx.predict("elsewhere/sent", files, encoder="tiny", calibrated=True).labels
    for ask in (featx.evaluate, featx.report):
        with pytest.raises(FeatxError, match=r"without predictions\.csv.*from the Hub"):
            ask("elsewhere/sent")


def test_the_card_says_what_training_learned_from_too(run):
    path = run / "environment.json"
    settings = {"gain": {"probability": 0.5, "decibels": [-6, 6]}}
    told = {**json.loads(path.read_text()), "augmented": {"copies": 2, "settings": settings}}
    path.write_text(json.dumps(told))
    featx.push(run, "me/emotions", dry_run="out")
    assert "- Augmented: training learned from 2 changed copies of each utterance too: gain of" in (
        Path("out/README.md").read_text()
    )


def test_no_place_of_this_machine_is_sent(run, workplace):
    def rewrite(name, change):
        (run / name).write_text(change((run / name).read_text()))

    rewrite("config.toml", lambda text: text.replace(
        '"manifest.csv"', f'"{workplace}/ann/manifest.csv"').replace(
        '"features/', f'"{workplace}/features/').replace(
        "normalize =", f'augmented = ["{workplace}/features/manifest~mixed/tiny"]\nnormalize ='
    ))  # fmt: skip
    table = json.loads((run / "environment.json").read_text())
    table["command"] = f"featx fit --manifest {workplace}/Ann Smith/manifest.csv"
    (run / "environment.json").write_text(json.dumps(table))
    rewrite("metrics.json", lambda text: text.replace("manifest.csv", "/home/ann/manifest.csv"))
    rewrite("layer_weights.csv", lambda text: text.replace(",tiny,", f",{workplace}/x/tiny,"))
    pushed = featx.push(run, "me/emotions", dry_run="out")
    for path in Path("out").iterdir():
        if path.suffix != ".safetensors":
            text = path.read_text()
            assert str(workplace) not in text, path
            assert "ann/" not in text, path
            assert "Smith" not in text, path
    config = featx.Run("out").config
    assert (config["manifest"], config["features"]) == ("manifest.csv", ["features/manifest/tiny"])
    assert config["augmented"] == ["features/manifest~mixed/tiny"]
    for name in ("config.toml", "environment.json", "metrics.json", "layer_weights.csv"):
        assert any(note.startswith(name) for note in pushed.notes), name


def test_a_place_that_is_left_is_refused(run, workplace):
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text.replace('corpus = ""', f'corpus = "of{workplace}"'))
    with pytest.raises(FeatxError, match=r"names .*, a folder of this machine"):
        featx.push(run, "me/emotions", dry_run="out")
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("/home/ann/m.csv", "m.csv"), ("~/x/m.csv: a", "m.csv: a"), ("--to=/a/b c", "--to=b c"),
        ("../../ann/m.csv", "m.csv"), (r"C:\Users\ann\m.csv", "m.csv"), ("https://a/b", "https://a/b"),
        ("happy and/or sad, 1/2", "happy and/or sad, 1/2"), ("features/a/b", "features/a/b"),
    ],
)  # fmt: skip
def test_places_are_taken_out_of_texts(text, cleaned):
    assert without_places(text) == cleaned


@pytest.mark.parametrize("path", ["/a", "~/a", "../a", "a/../../b", r"C:\a", r"\\host\a"])
def test_paths_that_lead_out_are_known(path):
    assert leads_out(path)
    assert not leads_out("features/manifest/tiny")


def test_a_saved_model_is_sent_with_its_licence(checkpoint_folder, workplace, api):
    folder = Path("runs/tuned/models/seed0-fold0")
    model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 2, "full").eval()
    save_model(model, load_extractor(checkpoint_folder), Outputs(classes=("a", "b")), folder)
    (folder / "README.md").write_text("---\ntags:\n- featx\n---\n\n# A card\n")
    (folder / "notes.txt").write_text("mine")
    pushed = featx.push(folder, "me/tuned", dry_run="out", license="apache-2.0")
    assert {path.name for path in Path("out").iterdir()} == set(pushed.files)
    assert "notes.txt" not in pushed.files
    assert ModelCard(Path("out/README.md").read_text()).data.license == "apache-2.0"
    assert featx.load("out").classes == ("a", "b")
    with pytest.raises(FeatxError, match="has no predictions"):
        featx.push(folder, "me/tuned", dry_run="other", with_predictions=True)


@pytest.mark.parametrize("name", ["x", "me/", "../x", "me/a b"])
def test_a_bad_name_is_refused_first(name, run):
    with pytest.raises(FeatxError, match="must be OWNER/NAME"):
        featx.push(run, name, dry_run="out")


def test_what_holds_no_model_is_refused(run, workplace):
    for name in ("nothing", "audio"):
        with pytest.raises(FeatxError, match="no finished run"):
            featx.push(name, "me/x", dry_run="out")
    vote = featx.vote([run, shutil.copytree(run, "runs/other")], name="vote")
    with pytest.raises(FeatxError, match="push the runs that vote"):
        featx.push(vote, "me/x", dry_run="out")


def test_the_layers_in_the_card_are_those_of_the_run(run):
    featx.push(run, "me/emotions", dry_run="out")
    with (run / "layer_weights.csv").open(newline="") as file:
        rows = [float(row["weight"]) for row in csv.DictReader(file) if row["layer"] == "1"]
    assert f"| tiny | 1 | {sum(rows) / len(rows):.3f} |" in Path("out/README.md").read_text()


def test_features_are_kept_in_the_type_of_training_where_their_store_is_not(
    workplace, write_corpus, checkpoint_folder
):
    write_corpus(speakers=3, takes=1)
    shutil.copytree(checkpoint_folder, "encoder")
    featx.extract("encoder", dtype="float32")
    run = featx.fit("linear", folds=3, name="made").folder
    before = featx.predict(run, "audio")
    featx.push(run, "me/emotions", dry_run="elsewhere/sent")
    shutil.rmtree("features")
    after = featx.predict("elsewhere/sent", "audio")
    assert [row.probabilities for row in after] == [row.probabilities for row in before]
    Path("elsewhere/sent/environment.json").unlink()  # nothing says it any more
    halves = featx.predict("elsewhere/sent", "audio")
    assert [row.probabilities for row in halves] != [row.probabilities for row in before]
