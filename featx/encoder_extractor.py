"""Encoders as `featx extract` takes them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from cache import FeatureStore
from featx.audio import SAMPLE_RATE
from featx.encoders.encoder import CPU, Encoder
from featx.encoders.shape import EncoderShape
from featx.encoders.workers import BATCH_SECONDS, Workers
from featx.errors import FeatxError
from featx.extract import Work
from featx.extraction_plan import ExtractionPlan
from featx.precision_choice import PRECISION_RECORD, choose_precision
from featx.registry import Checkpoint

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
