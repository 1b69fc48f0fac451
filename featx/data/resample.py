"""The one place that touches torchaudio."""

from functools import lru_cache
from math import gcd

import numpy as np
import torch
from torchaudio.transforms import Resample


def resample(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample with a Hann-windowed sinc (torchaudio's default: 6 zero crossings, 0.99 roll-off).

    Args:
        waveform: (samples,) float32 at `source_rate` Hz.
        source_rate: the rate of the waveform, in Hz.
        target_rate: the rate wanted, in Hz.

    Returns:
        (ceil(samples · target_rate / source_rate),) float32.
    """
    length = -(-len(waveform) * target_rate // source_rate)
    # torchaudio computes the length in float32, which loses a sample in some files of a few
    # seconds. One more block of the zeros that it adds itself makes room to cut exactly.
    block = source_rate // gcd(source_rate, target_rate)
    padded = torch.nn.functional.pad(torch.from_numpy(waveform), (0, block))
    with torch.inference_mode():
        resampled: torch.Tensor = _resampler(source_rate, target_rate)(padded)
    return resampled[:length].numpy()


@lru_cache
def _resampler(source_rate: int, target_rate: int) -> Resample:
    return Resample(source_rate, target_rate)
