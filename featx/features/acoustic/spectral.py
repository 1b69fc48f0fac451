"""Spectrograms."""

from functools import lru_cache

import numpy as np
import torch

from featx.data.audio import SAMPLE_RATE, Waveform
from featx.features.acoustic.settings import LogMel, Spectrogram


def magnitudes(waveform: Waveform, settings: Spectrogram | LogMel) -> torch.Tensor:
    """Return the magnitudes of a short-time Fourier transform.

    Frame i sees the samples from i · hop to i · hop + window and none beside them, as those of
    the local encoder do.

    Args:
        waveform: (samples,) float32.
        settings: window, fft and hop.

    Returns:
        (frames, fft // 2 + 1) float32.
    """
    around = settings.fft - settings.window  # torch centres the window in what it transforms
    padded = torch.nn.functional.pad(
        torch.from_numpy(waveform), (around // 2, around - around // 2)
    )
    transform = torch.stft(
        padded,
        settings.fft,
        settings.hop,
        settings.window,
        torch.hann_window(settings.window),
        center=False,
        return_complex=True,
    )
    return transform.abs().T


def log_mel(waveform: Waveform, settings: LogMel) -> torch.Tensor:
    """Return the natural logarithm of the power in mel bands.

    The bands are triangles on Slaney's mel scale (linear below 1 kHz), of equal area.

    Args:
        waveform: (samples,) float32 at 16 kHz.
        settings: how the transform and the bands are computed.

    Returns:
        (frames, mels) float32.
    """
    power = magnitudes(waveform, settings) ** 2
    return (power @ _mel_bands(settings.fft, settings.mels)).clamp(min=settings.floor).log()


@lru_cache
def _mel_bands(fft: int, mels: int) -> torch.Tensor:
    """Return (fft // 2 + 1, mels) weights."""
    from transformers.audio_utils import mel_filter_bank  # slow to import: only where it is needed

    bands: np.ndarray = mel_filter_bank(
        fft // 2 + 1, mels, 0, SAMPLE_RATE / 2, SAMPLE_RATE, norm="slaney", mel_scale="slaney"
    )
    return torch.from_numpy(bands.astype(np.float32))
