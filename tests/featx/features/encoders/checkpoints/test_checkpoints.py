"""Short names, Hub ids and folders lead to files; what is not there is explained."""

import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.registry import hub_id, store_name
from featx.features.encoders.encoder import Encoder


@pytest.fixture
def hub_cache(tmp_path, monkeypatch, checkpoint_folder) -> Path:
    """A Hub cache, as a download leaves it, in which wav2vec2-base is the tiny model."""
    repository = tmp_path / "models--facebook--wav2vec2-base"
    shutil.copytree(checkpoint_folder, repository / "snapshots" / ("a" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("name", ["wav2vec2-base", "facebook/wav2vec2-base"])
def test_a_downloaded_model_is_found_offline_by_short_name_and_hub_id(hub_cache, name):
    checkpoint = find_checkpoint(name)
    assert checkpoint.source == "facebook/wav2vec2-base"
    assert checkpoint.revision == "a" * 40
    assert checkpoint.name == name.replace("/", "--")
    assert Encoder(checkpoint).shape.blocks == 2


def test_a_revision_pins_the_commit(hub_cache):
    assert find_checkpoint("wav2vec2-base", "a" * 40).revision == "a" * 40
    with pytest.raises(FeatxError, match="--revision bbb"):
        find_checkpoint("wav2vec2-base", "b" * 40)


def test_a_local_folder_is_taken_as_it_is(checkpoint_folder):
    checkpoint = find_checkpoint(str(checkpoint_folder))
    assert (checkpoint.source, checkpoint.revision, checkpoint.name) == ("local", "", "tiny")


def test_what_can_not_be_downloaded_is_explained(hub_cache):
    with pytest.raises(FeatxError) as error:
        find_checkpoint("xlsr53")
    message = str(error.value)
    assert "tried: a folder named xlsr53" in message
    assert f"facebook/wav2vec2-large-xlsr-53 in {hub_cache}" in message
    assert "hf download facebook/wav2vec2-large-xlsr-53" in message


def test_a_copy_without_weights_is_not_taken_for_the_model(hub_cache):
    snapshot = hub_cache / "models--facebook--wav2vec2-base" / "snapshots" / ("a" * 40)
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(FeatxError, match=r"that copy lacks model\.safetensors") as error:
        find_checkpoint("wav2vec2-base")
    assert "hf download facebook/wav2vec2-base" in str(error.value)


def test_a_folder_has_no_revisions(checkpoint_folder):
    with pytest.raises(FeatxError, match="`revision='abc'`"):
        find_checkpoint(str(checkpoint_folder), "abc")


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(FeatxError, match="did you mean 'xlsr53'"):
        hub_id("xlsr-53")


def test_acoustic_features_have_no_encoder():
    with pytest.raises(FeatxError, match="no encoder"):
        hub_id("egemaps")


@pytest.mark.parametrize("name", ["my model/x", "a--b/c", "../x", "a/b/c", "/x", "é/x"])
def test_what_can_be_no_hub_id_is_unknown(name):
    with pytest.raises(FeatxError, match="featx models"):
        hub_id(name)


@pytest.mark.parametrize("files", [["optimizer.pt"], ["optimizer.pt", "scheduler.pt"]])
def test_what_a_training_leaves_is_not_taken_for_fairseq(files, checkpoint_folder, tmp_path):
    folder = shutil.copytree(checkpoint_folder, tmp_path / "checkpoint-500")
    (folder / "config.json").unlink()
    for name in files:
        (folder / name).touch()
    with pytest.raises(FeatxError, match=r"lacks config\.json"):
        find_checkpoint(str(folder))


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_an_incomplete_folder_is_explained(checkpoint_folder, tmp_path, missing):
    for path in checkpoint_folder.iterdir():
        if path.name != missing:
            shutil.copy(path, tmp_path)
    with pytest.raises(FeatxError, match=f"lacks {missing}"):
        find_checkpoint(str(tmp_path))


def test_store_names_are_single_folders(checkpoint_folder):
    assert store_name("xlsr53") == "xlsr53"
    assert store_name("someone/some-model") == "someone--some-model"
    assert store_name(f"{checkpoint_folder}/") == "tiny"
