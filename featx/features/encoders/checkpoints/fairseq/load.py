"""Checkpoints of fairseq, the library that wav2vec 2.0 and HuBERT were made with.

Neither fairseq nor omegaconf is needed: the weights are converted by their names.
"""

import copy
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModel, PretrainedConfig, Wav2Vec2FeatureExtractor

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.config import derive_config, normalises
from featx.features.encoders.checkpoints.fairseq.file import FairseqFile, read_fairseq_file
from featx.features.encoders.checkpoints.fairseq.names import rename_weights

log = logging.getLogger("featx")


@dataclass(frozen=True)
class _Described:
    """What is known of a file beside its weights.

    Attributes:
        config: transformers' config.
        do_normalize: whether waveforms are normalised.
        reason: how that is known.
        assumed: whether the file does not say it.
    """

    config: PretrainedConfig
    do_normalize: bool
    reason: str
    assumed: bool


def read_fairseq_config(path: Path) -> PretrainedConfig:
    """Return transformers' config of an encoder in a file of fairseq.

    Raises:
        FeatxError: if the file is damaged, may run code, or is of another kind of model.
    """
    return copy.deepcopy(_describe(path).config)


def fairseq_extractor(path: Path) -> tuple[Wav2Vec2FeatureExtractor, str, bool]:
    """Return the preprocessing of an encoder in a file of fairseq.

    Returns:
        It; how it is known whether waveforms are normalised; and whether that was assumed.

    Raises:
        FeatxError: as `read_fairseq_config`.
    """
    described = _describe(path)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=described.do_normalize)
    return extractor, described.reason, described.assumed


def load_fairseq_model(path: Path) -> Any:
    """Return transformers' model of an encoder in a file of fairseq, in float32.

    Raises:
        FeatxError: as `read_fairseq_config`; or if weights are missing, or of other shapes than
            the others call for.
    """
    described, weights = _describe(path), _read(path)[1]
    with torch.device("meta"):
        model = AutoModel.from_config(copy.deepcopy(described.config))
    expected = model.state_dict()
    masked = expected.get("masked_spec_embed")
    if masked is not None:  # serves only training, and fine-tuned checkpoints may lack it
        weights.setdefault("masked_spec_embed", torch.zeros(masked.shape))
    _compare(path, {name: tuple(weight.shape) for name, weight in expected.items()}, weights)
    model.load_state_dict(
        {name: _checked(path, name, weights[name]) for name in expected}, assign=True
    )
    config = described.config
    log.info(
        "%s: fairseq's, converted by names to transformers' %s, %d blocks of %d features.",
        path, config.model_type, config.num_hidden_layers, config.hidden_size,
    )  # fmt: skip
    return model


def _describe(path: Path) -> _Described:
    try:
        facts = path.stat()
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror}).") from error
    return _described(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _described(path: Path, size: int, changed: int) -> _Described:
    file, weights = _read(path)
    config = derive_config(file, weights)
    return _Described(config, *normalises(file, config))


def _read(path: Path) -> tuple[FairseqFile, dict[str, Tensor]]:
    file = read_fairseq_file(path)
    return file, rename_weights(path, file.weights)


def _compare(path: Path, expected: dict[str, tuple[int, ...]], weights: dict[str, Tensor]) -> None:
    missing = sorted(set(expected) - set(weights))
    surplus = sorted(set(weights) - set(expected))
    for names, what in ((missing, "are missing"), (surplus, "have no place in its architecture")):
        if names:
            raise FeatxError(
                f"{path}: {len(names)} weights {what}, among them the one that transformers calls "
                f"{names[0]}. The checkpoint is of another architecture or incomplete."
            )
    for name, shape in expected.items():
        given = tuple(weights[name].shape)
        if given != shape:
            raise FeatxError(
                f"{path}: what transformers calls {name} has the shape {given}, not {shape}. The "
                "checkpoint is of another architecture or damaged."
            )


def _checked(path: Path, name: str, weight: Tensor) -> Tensor:
    """Return a weight in float32 and in memory of its own, not the file's."""
    if not weight.is_floating_point() or not torch.isfinite(weight).all():
        raise FeatxError(f"{path}: {name} has values that are no finite numbers. Fetch it again.")
    return weight.to(torch.float32, copy=True)
