"""What every change of a waveform is."""

import typing

import numpy as np

from featx.data.audio import Waveform


class Changed(typing.NamedTuple):
    """A changed waveform.

    Attributes:
        waveform: (samples,) float32 at 16 kHz.
        words: what was done, such as "noise at 12 dB"; empty if nothing could be.
    """

    waveform: Waveform
    words: str


class Effect(typing.Protocol):
    """A change of waveforms, whose size is drawn anew each time."""

    def length(self, samples: int, generator: np.random.Generator) -> int:
        """Return how many samples so many become; draws what a change would."""

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a changed waveform, float32 at 16 kHz; the given array stays as it is."""


class KeepsLength:
    """A change that leaves the length of a waveform as it is."""

    def length(self, samples: int, generator: np.random.Generator) -> int:
        """Return the same length."""
        return samples


def power(waveform: np.ndarray) -> float:
    """Return the mean square of a waveform; 0 if it has no samples."""
    return float(np.mean(np.square(waveform, dtype=np.float64))) if len(waveform) else 0.0


def with_power_of(waveform: np.ndarray, changed: np.ndarray) -> Waveform:
    """Return a changed waveform as loud as the one that it was; silence stays silence."""
    now = power(changed)
    factor = np.sqrt(power(waveform) / now) if now else 1.0
    scaled: Waveform = (factor * changed).astype(np.float32)
    return scaled
