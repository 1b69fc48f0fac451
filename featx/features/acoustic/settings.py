"""The names of the acoustic features, their settings, and how many frames they give."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from featx.utils.config import Schema, read_config, shipped_config

# opensmile's low-level descriptors of eGeMAPSv02, tried at every length from 300 to 3,000 samples
# and some of up to 75 s: pitch is sought in windows of 60 ms, the shortest audio that gives any,
# and smoothing adds a frame at the end.
EGEMAPS_WINDOW = 960  # samples
EGEMAPS_HOP = 160  # samples


class _Described(Schema):
    """What the settings of all acoustic features have.

    Attributes:
        what: what the features are, for people.
        source: where they were described first, for people.
    """

    what: str
    source: str

    @property
    def identity(self) -> dict[str, str | int | float]:
        """The settings that change the features, as JSON values."""
        return self.model_dump(exclude={"what", "source"})


class Descriptors(_Described):
    """Low-level descriptors of eGeMAPS, which come every 10 ms.

    Attributes:
        dim: features a frame.
        average: consecutive frames that are averaged into one.
    """

    kind: Literal["egemaps-descriptors"]
    dim: PositiveInt
    average: PositiveInt

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return self.average * EGEMAPS_HOP

    def frames(self, samples: int) -> int:
        """Return the number of frames that so many samples give; 0 if they are too few."""
        if samples < EGEMAPS_WINDOW:
            return 0
        return -(-((samples - EGEMAPS_WINDOW) // EGEMAPS_HOP + 2) // self.average)


class Functionals(_Described):
    """Statistics of eGeMAPS over an utterance.

    Attributes:
        dim: features an utterance.
        hop: 0; there is one frame.
    """

    kind: Literal["egemaps-functionals"]
    dim: PositiveInt

    @property
    def hop(self) -> int:
        """0: there is no next frame."""
        return 0

    def frames(self, samples: int) -> int:
        """Return 1, or 0 if the samples are too few."""
        return int(samples >= EGEMAPS_WINDOW)


class _Stft(_Described):
    """What the features made of short-time Fourier transforms have.

    Attributes:
        window: the width of the Hann window, in samples.
        fft: the number of points of the transform.
        hop: samples from one frame to the next.
    """

    window: PositiveInt
    fft: PositiveInt
    hop: PositiveInt

    def frames(self, samples: int) -> int:
        """Return how often the window fits into so many samples."""
        return max(0, (samples - self.window) // self.hop + 1)


class Spectrogram(_Stft):
    """Magnitudes of a short-time Fourier transform."""

    kind: Literal["spectrogram"]

    @property
    def dim(self) -> int:
        """Frequencies, from 0 to half the sample rate."""
        return self.fft // 2 + 1


class LogMel(_Stft):
    """Logarithm of the power in mel bands.

    Attributes:
        mels: how many bands there are between 0 and half the sample rate.
        floor: the least power; less is taken for as much.
    """

    kind: Literal["logmel"]
    mels: PositiveInt
    floor: PositiveFloat

    @property
    def dim(self) -> int:
        """Bands."""
        return self.mels


AcousticSettings = Annotated[
    Descriptors | Functionals | Spectrogram | LogMel, Field(discriminator="kind")
]


def read_acoustic() -> dict[str, AcousticSettings]:
    """Return the settings of every acoustic feature, by its name."""
    return read_config(shipped_config("acoustic.toml"), dict[str, AcousticSettings])
