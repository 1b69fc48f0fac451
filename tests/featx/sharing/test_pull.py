"""A pulled model is checked before its folder is there."""

import json
import pickle
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.save import save_model
from featx.runs.outputs import Outputs

SETTINGS = ("training.epochs=1", "head.width=8")
TARGET = Path("runs/emotions")


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    return tmp_path_factory.mktemp("sent") / "emotions"


@pytest.fixture
def repository(sent, local_hub, workplace, request):
    """A repository with a pushed fit; its folder."""
    if not sent.exists():
        request.getfixturevalue("extracted")
        run = featx.fit("dense", folds=3, name="made", settings=SETTINGS)
        featx.push(run, "me/emotions", dry_run=sent)
        shutil.rmtree("runs")
    return shutil.copytree(sent, local_hub.root / "me" / "emotions")


def test_a_model_comes_as_it_was_sent(repository, run_featx):
    (repository / "model.pkl").write_bytes(pickle.dumps(1))
    (repository / "code.py").write_text("raise SystemExit")
    code, out, err = run_featx("pull", "me/emotions")
    assert (code, err) == (0, "")
    assert f"at commit {40 * 'c'}" in out
    assert "Not received, as no model has them: code.py, model.pkl" in out
    expected = {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    del expected["model.pkl"], expected["code.py"]
    assert {p.name: p.read_bytes() for p in TARGET.iterdir() if p.is_file()} == expected
    assert featx.load(TARGET).classes == ("happy", "sad", "angry")


def test_what_pull_returns_can_be_loaded(repository):
    assert featx.load(featx.pull("me/emotions", "mine/e", revision="v1")).classes
    assert not list(Path("mine").glob(".*"))


def test_a_folder_is_replaced_only_if_asked_and_if_it_holds_a_model(repository):
    featx.pull("me/emotions")
    with pytest.raises(FeatxError, match="not empty"):
        featx.pull("me/emotions")
    (TARGET / "mark").touch()
    featx.pull("me/emotions", overwrite=True)
    assert not (TARGET / "mark").exists()
    Path("letters").mkdir()
    Path("letters/dear.txt").touch()
    with pytest.raises(FeatxError, match="holds no model"):
        featx.pull("me/emotions", "letters", overwrite=True)
    assert Path("letters/dear.txt").exists()


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_the_working_folder_is_never_replaced(folder, repository):
    with pytest.raises(FeatxError, match="the working folder or one above it"):
        featx.pull("me/emotions", folder, overwrite=True)


def test_a_damaged_model_leaves_the_old_one(repository):
    featx.pull("me/emotions")
    before = (TARGET / "heads.safetensors").read_bytes()
    (repository / "heads.safetensors").write_bytes(before[:-4])
    with pytest.raises(FeatxError, match=r"heads\.safetensors: "):
        featx.pull("me/emotions", overwrite=True)
    assert (TARGET / "heads.safetensors").read_bytes() == before
    assert [path.name for path in Path("runs").iterdir()] == ["emotions"]


def climbing(repository):
    path = repository / "config.toml"
    path.write_text(path.read_text().replace('"features/', '"../features/'))


def absolute(repository):
    path = repository / "config.toml"
    path.write_text(path.read_text().replace('"manifest.csv"', '"/etc/passwd"'))


def elsewhere(repository):
    table = json.loads((repository / "model.json").read_text())
    table["inputs"][0]["features"]["encoder"] = "/tmp/evil"
    (repository / "model.json").write_text(json.dumps(table))


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (climbing, "config.toml: .*out of the working folder"),
        (absolute, "config.toml: .*/etc/passwd is a path out of the working folder"),
        (elsewhere, "model.json: .*a path"),
        (lambda r: (r / "heads.safetensors").write_bytes(pickle.dumps(1)), "is a pickle"),
        (lambda r: (r / "metrics.json").write_text("{"), "metrics.json: "),
        (lambda r: (r / "calibration.json").write_text("[]"), "calibration.json: "),
        (lambda r: (r / "model.json").unlink(), "holds no model of featx: .* model.json"),
    ],
)
def test_what_is_planted_is_refused(plant, said, repository):
    plant(repository)
    with pytest.raises(FeatxError, match=said):
        featx.pull("me/emotions")
    assert not list(Path().glob("runs/*"))
    assert not list(Path().glob("runs/.*"))


def test_names_that_climb_are_never_asked_for(repository, local_hub):
    local_hub.claimed = [{"rfilename": "../../evil.json", "size": 3},
                         {"rfilename": "/etc/evil.json", "size": 3},
                         {"rfilename": "figures/../../evil.png", "size": 3}]  # fmt: skip
    pulled = featx.pull("me/emotions")
    assert len(pulled.left) == 3
    assert not any("evil" in path for _, path in local_hub.asked)


def test_a_claimed_size_is_refused_before_anything_is_received(repository, local_hub):
    local_hub.claimed = [{"rfilename": "model.json", "size": 2**31}]
    with pytest.raises(FeatxError, match=r"model\.json has 2\.15 GB"):
        featx.pull("me/emotions")
    assert not any("resolve" in path for _, path in local_hub.asked)


def test_a_fine_tuned_model_comes_too(checkpoint_folder, local_hub, workplace):
    model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 2, "full").eval()
    folder = local_hub.root / "me" / "tuned"
    save_model(model, load_extractor(checkpoint_folder), Outputs(classes=("a", "b")), folder)
    assert featx.load(featx.pull("me/tuned")).classes == ("a", "b")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "m.M"}}))
    with pytest.raises(FeatxError, match=r"config\.json: .*auto_map"):
        featx.pull("me/tuned", overwrite=True)


def test_one_that_featx_alone_loads_goes_and_comes_in_its_folders(
    checkpoint_folder, local_hub, workplace
):
    model = build_model(checkpoint_folder, PooledSettings(kind="pooled"), 2, "full").eval()
    save_model(model, load_extractor(checkpoint_folder), Outputs(classes=("a", "b")), Path("made"))
    pushed = featx.push("made", "me/tuned", dry_run=local_hub.root / "me" / "tuned")
    assert {"config.json", "encoder/config.json", "encoder/model.safetensors"} < set(pushed.files)
    pulled = featx.pull("me/tuned")
    assert not pulled.left
    assert featx.load(pulled).classes == ("a", "b")
    again = featx.pull("me/tuned", overwrite=True).folder
    for name in pushed.files:
        assert (again / name).read_bytes() == Path("made", name).read_bytes()
    (local_hub.root / "me/tuned/encoder/model.safetensors").unlink()
    with pytest.raises(FeatxError, match="holds no model of featx"):
        featx.pull("me/tuned", overwrite=True)


@pytest.mark.parametrize(
    ("name", "revision", "said"),
    [
        ("me/none", None, r"`repository='me/none'`: .*no such"),
        ("me/emotions", "v9", r"`revision='v9'`: .*no such"),
        ("emotions", None, "must be OWNER/NAME"),
        ("../x", None, "must be OWNER/NAME"),
    ],
)
def test_what_is_not_there_is_named(name, revision, said, repository):
    with pytest.raises(FeatxError, match=said):
        featx.pull(name, revision=revision)


def test_offline_is_said(monkeypatch, workplace):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FeatxError, match="HF_HUB_OFFLINE"):
        featx.pull("me/emotions")
