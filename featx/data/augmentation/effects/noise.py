"""Noise at a signal-to-noise ratio: white, or from recordings."""

import numpy as np

from featx.data.audio import Waveform
from featx.data.augmentation.effects.effect import Changed, KeepsLength, power
from featx.data.augmentation.effects.ranges import DecibelRange, Probability
from featx.data.augmentation.effects.sounds import Sounds
from featx.utils.config import Place, Schema


class NoiseSettings(Schema):
    """How noise is added.

    Attributes:
        probability: how often it is.
        snr: the range that the signal-to-noise ratio is drawn from, evenly, in dB. It is that of
            the powers of the whole utterance, with its pauses, and the noise.
        folder: recordings of noise, at any depth; white noise without it.
    """

    probability: Probability
    snr: DecibelRange
    folder: Place | None = None


class Noise(KeepsLength):
    """Adds noise to waveforms.

    Args:
        settings: how loud it is.
        sounds: recordings of noise; None for white noise.
    """

    def __init__(self, settings: NoiseSettings, sounds: Sounds | None) -> None:
        self._range, self._sounds = settings.snr, sounds

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a waveform with noise; silence stays silence, at whatever ratio."""
        snr = generator.uniform(*self._range)
        noise, name = self._noise(len(waveform), generator)
        if not power(waveform) or not power(noise):
            return Changed(waveform, "")
        return Changed(add_noise(waveform, noise, snr), f"{name} at {snr:.1f} dB SNR")

    def _noise(self, samples: int, generator: np.random.Generator) -> tuple[np.ndarray, str]:
        if self._sounds is None:
            return generator.standard_normal(samples), "white noise"
        noise, name = self._sounds.excerpt(samples, generator)
        return noise, f"noise of {name}"


def add_noise(waveform: Waveform, noise: np.ndarray, snr: float) -> Waveform:
    """Return a waveform with noise of the power P / 10^(SNR/10), where P is its own.

    Args:
        waveform: (samples,) float32, not silent.
        noise: (samples,), not silent.
        snr: the ratio of the powers, in dB.
    """
    factor = np.sqrt(power(waveform) / power(noise) / 10 ** (snr / 10))
    noisy: Waveform = (waveform + factor * noise).astype(np.float32)
    return noisy
