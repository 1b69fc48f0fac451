"""Encoders of every family with random weights, and what transformers computes with them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel, PreTrainedModel, Wav2Vec2FeatureExtractor

from featx.encoders.encoder import Encoder
from featx.registry import find_checkpoint

Model = tuple[PreTrainedModel, Wav2Vec2FeatureExtractor]


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
def load_encoder(tmp_path: Path) -> Callable[..., Encoder]:
    """Load what `save_model` saved."""

    def load(**options: object) -> Encoder:
        return Encoder(find_checkpoint(str(tmp_path / "model")), **options)

    return load


@pytest.fixture(scope="session")
def transformers_layers() -> Callable[..., np.ndarray]:
    """Return transformers' own layers of one waveform, (layers, frames, dim)."""

    def layers(model: PreTrainedModel, extractor: Wav2Vec2FeatureExtractor, waveform: np.ndarray):
        inputs = extractor(waveform, sampling_rate=16_000, return_tensors="pt").input_values
        local = []
        hook = model.feature_projection.register_forward_hook(
            lambda _module, _inputs, output: local.append(output)
        )
        with torch.inference_mode():
            expected = model(inputs, output_hidden_states=True)
        hook.remove()
        projected = local[0] if isinstance(local[0], torch.Tensor) else local[0][0]
        blocks = expected.hidden_states[1:-1]  # the first is the input of block 1, not layer 0
        return torch.cat([projected, *blocks, expected.last_hidden_state]).numpy()

    return layers


@pytest.fixture(scope="session")
def assert_close() -> Callable[..., None]:
    """Compare features by layer, to 1e-5 of the layer's largest value."""

    def check(actual: np.ndarray, expected: np.ndarray) -> None:
        assert actual.shape == expected.shape
        for layer, (one, other) in enumerate(zip(actual, expected, strict=True)):
            error = np.abs(one - other).max() / np.abs(other).max()
            assert error <= 1e-5, f"layer {layer} differs by {error:.1e} of its largest value"

    return check
