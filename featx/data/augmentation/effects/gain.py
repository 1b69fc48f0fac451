"""Louder or softer: the distance to the microphone, and how it is set."""

import numpy as np

from featx.data.audio import Waveform
from featx.data.augmentation.effects.effect import Changed, KeepsLength
from featx.data.augmentation.effects.ranges import DecibelRange, Probability
from featx.utils.config import Schema


class GainSettings(Schema):
    """How loudness is changed.

    Attributes:
        probability: how often it is.
        decibels: the range that the gain is drawn from, evenly.
    """

    probability: Probability
    decibels: DecibelRange


class Gain(KeepsLength):
    """Multiplies waveforms; what is beyond ±1 then stays there, as nothing is clipped."""

    def __init__(self, settings: GainSettings) -> None:
        self._range = settings.decibels

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a louder or softer waveform."""
        decibels = generator.uniform(*self._range)
        return Changed(waveform * np.float32(10 ** (decibels / 20)), f"gain of {decibels:+.1f} dB")
