"""A checkpoint's files as a model and its preprocessing."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoFeatureExtractor, PretrainedConfig, WhisperFeatureExtractor
from transformers.utils import logging as transformers_logging

from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.encoders.checkpoints import PREPROCESSOR, is_ctranslate2
from featx.features.encoders.ctranslate2 import read_whisper_encoder
from featx.features.encoders.fairseq import fairseq_extractor, load_fairseq_model
from featx.features.encoders.fairseq_path import fairseq_file
from featx.features.encoders.families import WhisperFamily, family_of
from featx.features.encoders.shape import read_model_config
from featx.features.encoders.whisper_weights import WhisperWeights

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
    family = family_of(read_model_config(folder))
    try:
        with _quiet_transformers():  # problems are reported below, in our words
            model, report = family.model.from_pretrained(
                folder,
                local_files_only=True,
                dtype=torch.float32,
                output_loading_info=True,
                **family.loading,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise FeatxError(f"{folder}: its weights can't be loaded ({error}).") from error
    # the mask embedding serves only training, and fine-tuned checkpoints may lack it
    missing = sorted(key for key in report["missing_keys"] if "masked_spec_embed" not in key)
    if missing:
        raise FeatxError(
            f"{folder}: {len(missing)} weights are missing, among them {missing[0]}; "
            "they would be random. The checkpoint is of another architecture or incomplete."
        )
    if hasattr(model, "masked_spec_embed") and "masked_spec_embed" in report["missing_keys"]:
        model.masked_spec_embed.data.zero_()  # transformers has drawn it at random
    return model


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep transformers from printing; what was set for it before is set again afterwards."""
    verbosity = transformers_logging.get_verbosity()
    shows_bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if shows_bars:
            transformers_logging.enable_progress_bar()


def load_extractor(folder: Path) -> Any:
    """Load what prepares waveforms for a model.

    Raises:
        FeatxError: if its settings can't be used, or are for another sample rate.
    """
    fairseq = fairseq_file(folder)
    if fairseq:
        return fairseq_extractor(fairseq)
    config = read_model_config(folder)
    path = folder / PREPROCESSOR
    if is_ctranslate2(folder) and not path.is_file():  # many have none: Whispers differ in bands
        return WhisperFeatureExtractor(feature_size=config.num_mel_bins)
    try:
        settings = json.loads(path.read_text("utf-8"))
        extractor = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever its validation raises, the file is at fault
        raise FeatxError(f"{path}: can't be used ({error}).") from error
    for name, reason in family_of(config).needed.items():
        if name not in settings:
            raise FeatxError(
                f"{path}: lacks {name}, which {reason}. "
                "Take the file of the original checkpoint, or add true or false."
            )
    if extractor.sampling_rate != SAMPLE_RATE:
        raise FeatxError(
            f"{folder}: expects {extractor.sampling_rate} Hz audio, "
            f"featx works at {SAMPLE_RATE} Hz."
        )
    family_of(config).check(config, extractor, path)
    return extractor


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
