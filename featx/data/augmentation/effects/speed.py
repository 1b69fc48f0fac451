"""Faster or slower speech, by resampling: length, pitch and formants change together.

Ko, Peddinti, Povey and Khudanpur 2015, "Audio Augmentation for Speech Recognition" (Interspeech).
"""

import numpy as np

from featx.data.audio import SAMPLE_RATE, Waveform
from featx.data.augmentation.effects.effect import Changed
from featx.data.augmentation.effects.ranges import FactorRange, Probability
from featx.utils.config import Schema

_PERCENT = SAMPLE_RATE // 100  # rates in these steps have small filters (featx.data.resample)


class SpeedSettings(Schema):
    """How speed is changed.

    Attributes:
        probability: how often it is.
        factor: the range that the factor is drawn from, evenly, in whole percents; above 1 is
            faster.
    """

    probability: Probability
    factor: FactorRange


class Speed:
    """Plays waveforms faster or slower."""

    def __init__(self, settings: SpeedSettings) -> None:
        self._range = settings.factor

    def length(self, samples: int, generator: np.random.Generator) -> int:
        """Return how many samples so many become."""
        return -(-samples * SAMPLE_RATE // self._rate(generator))

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a faster or slower waveform."""
        rate = self._rate(generator)
        return Changed(resample_alone(waveform, rate), f"speed × {rate / SAMPLE_RATE:.2f}")

    def _rate(self, generator: np.random.Generator) -> int:
        return rate_of(generator.uniform(*self._range))


def rate_of(factor: float) -> int:
    """Return the rate in Hz, in whole percents of 16 kHz, that is so many times as high."""
    return round(100 * factor) * _PERCENT


def resample_alone(waveform: Waveform, rate: int) -> Waveform:
    """Take samples for such of a rate, in Hz, and bring them to 16 kHz.

    It is done on one core, as sums on several have other last bits.
    """
    from classifiers.cores import on_one_core
    from featx.data.resample import resample

    if rate == SAMPLE_RATE:
        return waveform
    with on_one_core():
        return resample(waveform, rate, SAMPLE_RATE)
