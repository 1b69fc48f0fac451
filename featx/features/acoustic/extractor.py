"""What writes acoustic features, which need no model."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cache import FeatureIdentity
from featx.data.audio import SAMPLE_RATE
from featx.features.acoustic.settings import AcousticSettings, Descriptors, Functionals, LogMel
from featx.features.planning.plan import ExtractionPlan
from featx.features.writing.work import Outline, Work, versions_of

COMPUTED_BY = ("torch", "torchaudio", "soundfile")  # other versions may give other features
BATCH_SECONDS = 15.0  # of audio that a thread takes at a time


@dataclass(frozen=True)
class AcousticShape:
    """The shape of acoustic features: one layer, which has their name.

    Attributes:
        name: the features' name.
        settings: how they are computed.
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

    @property
    def hop(self) -> int:
        """Samples from one frame to the next; 0 for one frame an utterance."""
        return self.settings.hop

    def frames(self, samples: int) -> int:
        """Return the number of frames that so many samples give; 0 if they are too few."""
        return self.settings.frames(samples)


@dataclass(frozen=True)
class AcousticExtractor:
    """Writes acoustic features.

    Attributes:
        shape: the shape of the features, and their settings.
    """

    shape: AcousticShape

    @property
    def outline(self) -> Outline:
        """What features there are: a single layer, which takes little room in float32."""
        return Outline(self.shape, None, "float32")

    def start(self, plan: ExtractionPlan, folder: Path) -> Work:
        """Return what to do; nothing needs loading."""
        from featx.features.acoustic.workers import AcousticWorkers

        settings = self.shape.settings
        identity = FeatureIdentity(
            encoder=self.shape.name,
            settings=settings.identity,
            precision="float32",
            sample_rate=SAMPLE_RATE,
            frame_step=settings.hop / SAMPLE_RATE,
        )
        software = versions_of([*COMPUTED_BY, *_computed_by(settings)])
        return Work(identity, software, partial(AcousticWorkers, settings), BATCH_SECONDS)


def _computed_by(settings: AcousticSettings) -> tuple[str, ...]:
    if isinstance(settings, Descriptors | Functionals):
        return ("opensmile",)
    return ("transformers",) if isinstance(settings, LogMel) else ()  # whose mel bands they are
