"""A small corpus with its features, and encoders of every family with random weights."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel, PreTrainedModel, Wav2Vec2FeatureExtractor

Model = tuple[PreTrainedModel, Wav2Vec2FeatureExtractor]


@pytest.fixture
def extracted(write_corpus, run_featx, checkpoint_folder):
    """A working folder with a manifest and its features."""
    write_corpus(speakers=6)
    assert run_featx("extract", "--model", checkpoint_folder).code == 0


@pytest.fixture
def with_egemaps(extracted, run_featx):
    """The same, with eGeMAPS beside it."""
    assert run_featx("extract", "--model", "egemaps").code == 0


@pytest.fixture
def save_model(tmp_path: Path) -> Callable[..., Model]:
    """Save a model of a family as `from_pretrained` reads it; return it and its preprocessing."""

    def save(family: str, do_normalize: bool = True, **options: object) -> Model:
        if family == "data2vec-audio":
            options = {**options, "num_conv_pos_embeddings": 5}  # counts convolutions, not taps
        model = AutoModel.from_config(AutoConfig.for_model(family, **options)).eval()
        with torch.no_grad():
            for weight in model.parameters():
                if weight.ndim == 1:  # drawn as zeros and ones, which would hide their misuse
                    weight += 0.1 * torch.randn_like(weight)
        model.save_pretrained(tmp_path / "model")
        extractor = Wav2Vec2FeatureExtractor(do_normalize=do_normalize)
        extractor.save_pretrained(tmp_path / "model")
        return model, extractor

    return save


@pytest.fixture
def save_model_of(save_model: Callable[..., Model], tmp_path: Path) -> Callable[..., Path]:
    """Save a model of a family; return its folder."""

    def save(family: str, **options: object) -> Path:
        save_model(family, **options)
        return tmp_path / "model"

    return save
