"""Features that another model made are never taken for those that are asked for."""

import shutil
from pathlib import Path

import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

import featx
from cache import FeatureStore
from featx.errors import FeatxError
from featx.experiments.checking.validate import validate

EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"
protocols = ["fixed.toml"]

[features.tiny]
model = "{model}"

[heads.plain]
head = "dense"
features = ["tiny"]
"""
STORE = Path("features/manifest/tiny")
COMMITS = "a" * 40, "b" * 40  # the first is that of `hub`


@pytest.fixture
def extracted(write_experiment):
    """Extract features of a model into the store that experiments expect of another."""

    def extract(model: str | Path, **options: str) -> None:
        assert not featx.extract(model, out=STORE, **options).failures

    write_experiment()
    return extract


def errors(model: object, options: str = "") -> str:
    """Return the errors of an experiment on a model's features."""
    text = EXPERIMENT.format(model=model).replace("[heads", f"{options}\n[heads")
    Path("small.toml").write_text(text)
    return "\n".join(map(str, validate(Path("small.toml")).findings.errors))


@pytest.fixture
def other(tiny, workplace) -> Path:
    """Another model of the same name and depth."""
    folder = workplace / "other/tiny"
    torch.manual_seed(2)
    Wav2Vec2Model(Wav2Vec2Config(**tiny)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def test_a_folder_with_other_weights_settings_or_name(
    extracted, checkpoint_folder, other, monkeypatch
):
    extracted(checkpoint_folder, precision="float32")
    assert not errors(checkpoint_folder)
    assert "features/manifest/tiny holds other features: weights_sha256 is" in errors(other)
    with pytest.raises(FeatxError, match="holds other features"):
        featx.run(Path("small.toml"))
    shutil.copytree(checkpoint_folder, "tiny")
    assert not errors("tiny")  # the same, elsewhere
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained("tiny")
    assert "other features: settings_sha256 is" in errors("tiny")
    with monkeypatch.context() as patch:  # whose defaults are in the settings
        patch.setattr("featx.experiments.checking.stores.version", lambda _: "another")
        assert not errors("tiny")
    other.rename("second")
    assert "other features: encoder is tiny there, second here. " in errors("second")
    assert "other features: encoder is tiny there, egemaps here. " in errors("egemaps")
    assert "no short name, Hub id or local folder" in errors("gone")
    assert "encoder is tiny there, facebook/wav2vec2-base here" in errors("wav2vec2-base")


def test_acoustic_features_of_another_kind_or_with_senseless_options(extracted):
    extracted("egemaps-functionals")
    assert not errors("egemaps-functionals")
    assert "encoder is egemaps-functionals there, egemaps here" in errors("egemaps")
    assert "they have one layer" in errors("egemaps-functionals", 'layers = "0"')


def test_without_weights_the_name_is_enough(extracted, other):
    extracted(other, precision="float32")
    (other / "model.safetensors").unlink()
    assert not errors(other)


def test_models_of_the_hub_go_by_their_commit(extracted, hub, checkpoint_folder):
    shutil.copytree(checkpoint_folder, hub / "snapshots" / COMMITS[1])
    extracted("wav2vec2-base", precision="float32")
    assert not errors("facebook/wav2vec2-base")
    assert not errors("wav2vec2-base", f'revision = "{COMMITS[0]}"')
    (hub / "refs/main").write_text(COMMITS[1])
    message = f"other features: revision is {COMMITS[0]} there, {COMMITS[1]} here"
    assert message in errors("wav2vec2-base")
    shutil.rmtree(hub)
    assert not errors("wav2vec2-base")  # as with features that were made on another machine
    assert message in errors("wav2vec2-base", f'revision = "{COMMITS[1]}"')
    assert "encoder is facebook/wav2vec2-base there" in errors("hubert-base")


def test_features_in_other_windows(extracted, save_whisper):
    save_whisper(positions=40)
    Path("model").rename("tiny")
    extracted("tiny", precision="float32")
    assert not errors("tiny")
    assert not errors("tiny", "window = 30")
    assert "other features: window is 30 there, short here" in errors("tiny", 'window = "short"')
    shutil.rmtree(STORE)
    assert not errors("tiny", 'window = "short"')
    featx.run(Path("small.toml"))
    assert FeatureStore(STORE).identity.window == "short"
    assert not errors("tiny", 'window = "short"')
    assert "other features: window is short there, 30 here" in errors("tiny")
    assert "window" in errors("tiny", "window = 20")


def test_short_windows_of_a_model_without(extracted, checkpoint_folder):
    assert "is for Whisper models" in errors(checkpoint_folder, 'window = "short"')
    assert "is for Whisper models" in errors("egemaps", 'window = "short"')


def test_no_timing_decides_on_the_precision(extracted, checkpoint_folder, monkeypatch):
    place = "featx.features.planning.precision.PrecisionChooser.choose"
    monkeypatch.setattr(place, lambda *_: pytest.fail("timed"))
    assert not errors(checkpoint_folder)
    featx.run(Path("small.toml"))
    assert FeatureStore(STORE).identity.precision == "float32"


def test_features_go_on_in_the_precision_they_have(extracted, checkpoint_folder):
    extracted(checkpoint_folder, precision="bfloat16")
    store = FeatureStore(STORE)
    store.forget(list(store.utterances)[:2])
    assert not errors(checkpoint_folder)
    featx.run(Path("small.toml"))
    assert all(map(FeatureStore(STORE).is_done, store.utterances))
    assert FeatureStore(STORE).identity.precision == "bfloat16"
