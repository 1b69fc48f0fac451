"""Higher or lower voices of the same length.

A phase vocoder (Flanagan and Golden 1966) stretches the waveform, and resampling brings it back to
its length, as in `torchaudio.functional.pitch_shift`; that takes gigabytes for the filter of most
steps. Formants move with the pitch.
"""

import math

import numpy as np

from featx.data.audio import SAMPLE_RATE, Waveform
from featx.data.augmentation.effects.effect import Changed, KeepsLength, with_power_of
from featx.data.augmentation.effects.ranges import Probability, SemitoneRange
from featx.data.augmentation.effects.speed import rate_of, resample_alone
from featx.utils.config import Schema

_WINDOW, _HOP = 512, 128  # samples: 32 and 8 ms, as torchaudio's


class PitchSettings(Schema):
    """How pitch is changed.

    Attributes:
        probability: how often it is.
        semitones: the range that the change is drawn from, evenly, to about a tenth of a semitone.
    """

    probability: Probability
    semitones: SemitoneRange


class Pitch(KeepsLength):
    """Shifts the pitch of waveforms."""

    def __init__(self, settings: PitchSettings) -> None:
        self._range = settings.semitones

    def change(self, waveform: Waveform, generator: np.random.Generator) -> Changed:
        """Return a higher or lower waveform."""
        rate = rate_of(2 ** (generator.uniform(*self._range) / 12))
        words = f"pitch {12 * math.log2(rate / SAMPLE_RATE):+.1f} semitones"
        if rate == SAMPLE_RATE or len(waveform) <= _WINDOW:
            return Changed(waveform, "")
        return Changed(_shift(waveform, rate), words)


def _shift(waveform: Waveform, rate: int) -> Waveform:
    """Return a waveform whose pitch is that of its samples at another rate, in Hz.

    It has its own power: the vocoder loses the phases between neighbouring bands, and with them
    3 to 4 dB of speech.
    """
    stretched = _stretch(waveform, -(-len(waveform) * rate // SAMPLE_RATE))
    return with_power_of(waveform, resample_alone(stretched, rate)[: len(waveform)])


def _stretch(waveform: Waveform, length: int) -> Waveform:
    """Return a waveform of so many samples, of the same pitch."""
    import torch
    from torchaudio.functional import phase_vocoder

    from classifiers.cores import on_one_core

    with on_one_core(), torch.inference_mode():
        window = torch.hann_window(_WINDOW)
        spectrum = torch.stft(
            torch.from_numpy(waveform), _WINDOW, _HOP, window=window, return_complex=True
        )
        advance = torch.linspace(0, math.pi * _HOP, spectrum.shape[0])[:, None]
        slower = phase_vocoder(spectrum, len(waveform) / length, advance)
        stretched: Waveform = torch.istft(
            slower, _WINDOW, _HOP, window=window, length=length
        ).numpy()
    return stretched
