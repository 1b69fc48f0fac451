"""What transformers computes with an encoder, and files of torch."""

import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel, Wav2Vec2FeatureExtractor

from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder


@pytest.fixture
def load_encoder(tmp_path: Path) -> Callable[..., Encoder]:
    """Load what `save_model` saved."""

    def load(**options: object) -> Encoder:
        return Encoder(find_checkpoint(str(tmp_path / "model")), **options)

    return load


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in float16 itself, as a GPU does, also where a processor must emulate it."""
    monkeypatch.setattr("featx.features.encoders.encoder.lacks_float16", lambda _: False)


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
        for layer, (computed, other) in enumerate(zip(actual, expected, strict=True)):
            error = np.abs(computed - other).max() / np.abs(other).max()
            assert error <= 1e-5, f"layer {layer} differs by {error:.1e} of its largest value"

    return check


@pytest.fixture
def write(tmp_path):
    """Save what a file of torch holds."""

    def write(state, name="checkpoint.pt", **options):
        torch.save(state, tmp_path / name, **options)
        return tmp_path / name

    return write


@pytest.fixture
def foreign_class(monkeypatch):
    """Make a class that a file can name, and that is gone when it is read."""

    def make(full, **members):
        module, _, name = full.rpartition(".")
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            package = ".".join(parts[:count])
            monkeypatch.setitem(sys.modules, package, types.ModuleType(package))
        made = type(name, (), {"__module__": module, **members})
        setattr(sys.modules[module], name, made)
        return made

    return make
