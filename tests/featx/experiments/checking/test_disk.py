"""The disk that an experiment takes is counted before any work."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from classifiers.pooled import PooledSettings
from featx.experiments.checking.validate import validate
from featx.finetuning.adapting.settings import LoraSettings
from featx.finetuning.model import build_model


def test_a_disk_that_is_too_small_is_found(found, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6, 10))
    assert "error: disk: " in found()


def test_the_disk_needed_is_that_of_features_and_checkpoints(found):
    nbytes = validate(Path("small.toml")).nbytes
    frames = 14 * 18  # of 20 ms in 0.3 s
    features = 3 * frames * 16 * 2
    assert nbytes > features
    without = validate(Path("small.toml")).known["tones", "tiny"].nbytes
    assert without == features


def test_a_whisper_is_counted_as_it_trains(found, save_whisper, checkpoint_folder):
    """Without its decoder, its stem and its positions, which a checkpoint does not have."""
    save_whisper(positions=20)
    assert not found('save = "none"', 'save = "none" # tuned')
    before = validate(Path("small.toml"))
    tuned = f'model = "{checkpoint_folder}"\nmode'
    assert not found(tuned, 'model = "model"\nmode')
    after = validate(Path("small.toml"))
    head = PooledSettings(kind="linear")
    sizes = []
    for folder in (checkpoint_folder, Path("model")):
        weights = list(build_model(folder, head, 3, "partial").parameters())
        sizes.append(36 * sum(w.numel() for w in weights if w.requires_grad))
    assert after.nbytes - before.nbytes == sizes[1] - sizes[0]


def test_adapters_are_counted_alone(found, checkpoint_folder):
    """In the saved models, and three times over in the checkpoints."""
    assert not found('mode = "partial"', 'mode = "lora"')
    assert not found('save = "none"', 'save = "none" # tuned')
    head, lora = PooledSettings(kind="linear"), LoraSettings()
    model = build_model(checkpoint_folder, head, 3, "lora", adapters=lora)
    trained = sum(w.numel() for w in model.parameters() if w.requires_grad)
    planned = validate(Path("small.toml"))
    features = sum(store.nbytes for store in planned.known.values())
    assert planned.nbytes - features == 36 * trained
    rate = '"training.learning_rate=1e-3"]'
    assert "lora.rank: unknown key" in found(rate, f'"lora.rank=4", {rate}')


@pytest.mark.parametrize("is_same", [True, False])
def test_models_that_are_there_count_if_they_stay(found, is_same, change):
    path = change('save = "none"', 'save = "all"')
    before = validate(path)
    (run,) = before.plan.finetunings
    config = before.checked[run][0].to_toml()
    (run.folder / "models").mkdir(parents=True)
    (run.folder / "models/one").write_bytes(bytes(1000))
    (run.folder / "config.toml").write_text(config if is_same else "mode = 'full'\n")
    after = validate(path, overwrite=True)
    assert before.nbytes - after.nbytes == (1000 if is_same else 0)
