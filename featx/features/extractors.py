"""From the name of a model to what writes its features."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from cache import FeatureStore
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.acoustic.settings import (
    AcousticSettings,
    Descriptors,
    Functionals,
    LogMel,
    read_acoustic,
)
from featx.features.acoustic.workers import AcousticWorkers
from featx.features.encoders.checkpoints import Checkpoint, find_checkpoint
from featx.features.encoders.devices import BATCH_SECONDS, find_devices
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.shape import EncoderShape, find_shape, read_shape
from featx.features.encoders.workers import Workers
from featx.features.extract import Extractor, Work
from featx.features.layers import parse_layers
from featx.features.plan import ExtractionPlan
from featx.features.precision import PRECISION_RECORD, choose_precision

# other versions of these may give other features
COMPUTED_BY = ("torch", "transformers", "torchaudio", "soundfile")
AUTO = "auto"


@dataclass(frozen=True)
class Computing:
    """How features are computed.

    Attributes:
        precision: "auto", "float32", "bfloat16" or "float16".
        devices: the processor, or GPUs.
        batch_seconds: of audio in a batch; by default what suits the device.
    """

    precision: str = AUTO
    devices: Sequence[torch.device] = (CPU,)
    batch_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.batch_seconds is not None and not 0 < self.batch_seconds < math.inf:
            raise FeatxError(f"--batch-seconds {self.batch_seconds:g}: give a number above 0.")

    @property
    def seconds(self) -> float:
        """Seconds of audio in a batch."""
        return self.batch_seconds or BATCH_SECONDS[self.devices[0].type]


@dataclass(frozen=True)
class EncoderExtractor:
    """Writes the layers of an encoder.

    Attributes:
        shape: of the features.
        layers: those to store; None for all.
        checkpoint: the weights; None where only a plan is wanted.
        computing: how to compute.
        dtype: that features are stored in, unless asked otherwise.
    """

    shape: EncoderShape
    layers: Sequence[int] | None
    checkpoint: Checkpoint | None
    computing: Computing = Computing()
    dtype: str = "float16"

    def start(self, plan: ExtractionPlan, folder: Path, say: Callable[[str], None]) -> Work:
        """Load the encoder and settle its precision.

        Args:
            plan: what to write.
            folder: the store's.
            say: told what was decided.

        Raises:
            FeatxError: if the encoder can't be loaded, or can't be computed with as asked.
        """
        assert self.checkpoint is not None, "a plan alone needs no start"
        if not FeatureStore.exists(folder):
            (folder / PRECISION_RECORD).unlink(missing_ok=True)  # of a start that was given up
        encoder = Encoder(self.checkpoint, self.layers)
        precision, devices = self.computing.precision, self.computing.devices
        if precision == AUTO:
            precision = choose_precision(encoder, devices[0], plan, folder, say)
        identity = _identity(self.checkpoint, encoder, precision)
        software = {name: version(name) for name in COMPUTED_BY}
        workers = partial(Workers, encoder, devices, precision)
        return Work(identity, software, workers, self.computing.seconds)


def _identity(checkpoint: Checkpoint, encoder: Encoder, precision: str) -> dict[str, Any]:
    return {
        "encoder": checkpoint.name if checkpoint.source == "local" else checkpoint.source,
        "revision": checkpoint.revision,
        "weights_sha256": encoder.digest,
        "settings_sha256": encoder.settings_digest,
        "precision": precision,
        "blocks": encoder.shape.blocks,
        "sample_rate": SAMPLE_RATE,
        "frame_step": encoder.shape.hop / SAMPLE_RATE,
    }


# other versions of these may give other features
ALWAYS = ("torch", "torchaudio", "soundfile")
ACOUSTIC_BATCH_SECONDS = 15.0  # of audio that a thread takes at a time


@dataclass(frozen=True)
class AcousticShape:
    """The shape of acoustic features: one layer, which has their name.

    Attributes:
        name: of the features.
        settings: of them.
    """

    name: str
    settings: AcousticSettings

    @property
    def layers(self) -> tuple[str]:
        """The name."""
        return (self.name,)

    @property
    def dim(self) -> int:
        """Features a frame."""
        return self.settings.dim

    def frames(self, samples: int) -> int:
        """Return the number of frames that so many samples give; 0 if they are too few."""
        return self.settings.frames(samples)


@dataclass(frozen=True)
class AcousticExtractor:
    """Writes acoustic features.

    Attributes:
        shape: of the features.
        layers: None: there is no choice.
        dtype: that they are stored in, unless asked otherwise; they are small.
    """

    shape: AcousticShape
    layers: None = None
    dtype: str = "float32"

    def start(self, plan: ExtractionPlan, folder: Path, say: Callable[[str], None]) -> Work:
        """Return what to do; nothing needs loading."""
        settings = self.shape.settings
        identity = {
            "encoder": self.shape.name,
            "settings": settings.identity,
            "precision": "float32",
            "sample_rate": SAMPLE_RATE,
            "frame_step": settings.hop / SAMPLE_RATE,
        }
        software = {name: version(name) for name in ALWAYS + _computed_by(settings)}
        return Work(identity, software, partial(AcousticWorkers, settings), ACOUSTIC_BATCH_SECONDS)


def _computed_by(settings: AcousticSettings) -> tuple[str, ...]:
    if isinstance(settings, Descriptors | Functionals):
        return ("opensmile",)
    return ("transformers",) if isinstance(settings, LogMel) else ()  # whose mel bands they are


@dataclass(frozen=True)
class EncoderOptions:
    """The options of `featx extract` that only encoders have, as they are written.

    Attributes:
        revision: a branch, tag or commit of the Hub repository.
        layers: such as "0,4-12".
        precision: "auto", "float32", "bfloat16" or "float16".
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".
        batch_seconds: of audio in a batch.
    """

    revision: str | None = None
    layers: str | None = None
    precision: str = AUTO
    device: str = "auto"
    devices: str = "1"
    batch_seconds: float | None = None


SENSELESS = {  # for acoustic features: why
    "revision": "they come with featx, from no repository",
    "layers": "they have one layer",
    "precision": "they are always computed in float32",
    "device": "they are always computed on the processor",
    "devices": "they are always computed on the processor",
    "batch_seconds": "they are computed utterance by utterance",
}


def find_extractor(
    model: str, options: EncoderOptions = EncoderOptions(), dry_run: bool = False
) -> Extractor:
    """Return what writes a model's features.

    Args:
        model: the name of acoustic features, or an encoder's short name, Hub id or local folder.
        options: of an encoder.
        dry_run: a plan is wanted and nothing else, so that no weights are needed.

    Raises:
        FeatxError: if the model is unknown or not to be had, or an option is wrong or means
            nothing for it.
    """
    acoustic = read_acoustic()
    if model in acoustic:
        _refuse(model, options)
        return AcousticExtractor(AcousticShape(model, acoustic[model]))
    checkpoint = None if dry_run else find_checkpoint(model, options.revision)
    shape = read_shape(checkpoint.folder) if checkpoint else find_shape(model, options.revision)
    layers = None if options.layers is None else parse_layers(options.layers, shape.blocks)
    if checkpoint is None:
        return EncoderExtractor(shape, layers, None)
    devices = find_devices(options.device, options.devices)
    computing = Computing(options.precision, devices, options.batch_seconds)
    return EncoderExtractor(shape, layers, checkpoint, computing)


def _refuse(model: str, options: EncoderOptions) -> None:
    """Raise a FeatxError that names every option which means nothing for acoustic features."""
    given = [one.name for one in fields(options) if getattr(options, one.name) != one.default]
    if given:
        reasons = "\n  ".join(
            f"--{name.replace('_', '-')} {getattr(options, name)}: {SENSELESS[name]}"
            for name in given
        )
        raise FeatxError(
            f"--model {model}: these features need no model, and these options mean nothing for "
            f"them. Leave them out:\n  {reasons}"
        )
