"""A checkpoint's files as a model."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig
from transformers.utils import logging as transformers_logging

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.ctranslate2 import read_whisper_encoder
from featx.features.encoders.checkpoints.fairseq.load import load_fairseq_model
from featx.features.encoders.checkpoints.fairseq.path import fairseq_file
from featx.features.encoders.checkpoints.folders import CONFIG, is_ctranslate2
from featx.features.encoders.checkpoints.model_config import read_model_config
from featx.features.encoders.checkpoints.weights import find_weights, fit_weights, read_weights
from featx.features.encoders.checkpoints.whisper_weights import WhisperWeights
from featx.features.encoders.families import WhisperFamily, family_of
from featx.utils.text import first_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def load_frozen(folder: Path) -> Any:
    """Load a model's weights in float32 as the networks here take them, which compute no gradient.

    Raises:
        FeatxError: if they can't be loaded, or some are missing.
    """
    if is_ctranslate2(folder):
        return WhisperWeights(*read_whisper_encoder(folder)).eval().requires_grad_(False)
    return load_model(folder)


def load_model(folder: Path) -> "PreTrainedModel":
    """Load a model of transformers in float32, in evaluation mode; of Whisper, the encoder alone.

    Raises:
        FeatxError: if they can't be loaded, or some are missing.
    """
    fairseq = fairseq_file(folder)
    if fairseq:
        model = load_fairseq_model(fairseq)
    else:
        model = _from_ctranslate2(folder) if is_ctranslate2(folder) else _from_transformers(folder)
    frozen: PreTrainedModel = model.eval().requires_grad_(False)
    return frozen


def _from_ctranslate2(folder: Path) -> Any:
    config, weights = read_whisper_encoder(folder)
    model = WhisperFamily().untrained(config)
    model.load_state_dict(weights)
    return model


def _from_transformers(folder: Path) -> Any:
    config = read_model_config(folder)
    path = find_weights(folder)
    return build_model(config, read_weights(path), path)


def build_model(config: Any, weights: Mapping[str, Tensor], path: Path) -> Any:
    """Put weights into a model of transformers; no memory is taken before their shapes fit.

    Args:
        config: the model's.
        weights: by transformers' names, those of this encoder or of a model around it.
        path: where the weights are from, for messages.

    Raises:
        FeatxError: if no encoder has this config, or weights are missing or of other shapes.
    """
    family = family_of(config)
    config.dtype = torch.float32  # whatever the file has
    try:
        # transformers draws the mask embedding whatever the device
        with torch.device("meta"), torch.random.fork_rng(devices=[]), _quiet_transformers():
            model = family.untrained(config)
    except Exception as error:  # whatever transformers says of values that do not go together
        raise FeatxError(
            f"{path.parent / CONFIG}: no encoder can be built of it ({first_line(error)})."
        ) from error
    # the mask embedding serves only training, and fine-tuned checkpoints may lack it
    optional = ("masked_spec_embed", "num_batches_tracked")
    fitted = fit_weights(weights, model.state_dict(), family.anchor, path, optional)
    model.load_state_dict(fitted, assign=True)
    return model


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep transformers from printing; what was set for it before is set again afterwards."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)


def digest_settings(config: PretrainedConfig, extractor: Any) -> str:
    """Return the SHA-256 of what decides the features beside the weights."""
    settings = [config.to_dict(), extractor.to_dict()]
    for table in settings:
        for key in ("transformers_version", "_name_or_path", "dtype", "architectures"):
            table.pop(key, None)  # tell where the files are from, not what they compute
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def digest_weights(model: nn.Module) -> str:
    """Return the SHA-256 of the names and values of all weights."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(memoryview(weight.contiguous().numpy()).cast("B"))
    return digest.hexdigest()
