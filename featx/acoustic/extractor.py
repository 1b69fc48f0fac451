"""Acoustic features as `featx extract` takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from featx.acoustic.settings import AcousticSettings, Descriptors, Functionals, LogMel
from featx.acoustic.workers import AcousticWorkers
from featx.audio import SAMPLE_RATE
from featx.extract import Work
from featx.extraction_plan import ExtractionPlan

# other versions of these may give other features
ALWAYS = ("torch", "torchaudio", "soundfile")
BATCH_SECONDS = 15.0  # of audio that a thread takes at a time


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
        return Work(identity, software, partial(AcousticWorkers, settings), BATCH_SECONDS)


def _computed_by(settings: AcousticSettings) -> tuple[str, ...]:
    if isinstance(settings, Descriptors | Functionals):
        return ("opensmile",)
    return ("transformers",) if isinstance(settings, LogMel) else ()  # whose mel bands they are
