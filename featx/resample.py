"""The one place that touches torchaudio."""

from functools import lru_cache

import numpy as np
import torch
from torchaudio.transforms import Resample


def resample(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample with a Hann-windowed sinc (torchaudio's default: 6 zero crossings, 0.99 roll-off).

    Args:
        waveform: (samples,) float32 at `source_rate` Hz.
        source_rate: in Hz.
        target_rate: in Hz.

    Returns:
        (ceil(samples · target_rate / source_rate),) float32.
    """
    with torch.inference_mode():
        resampled = _resampler(source_rate, target_rate)(torch.from_numpy(waveform))
    return resampled.numpy()


@lru_cache
def _resampler(source_rate: int, target_rate: int) -> Resample:
    return Resample(source_rate, target_rate)
