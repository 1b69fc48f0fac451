"""Resampling to the rate of the encoders.

torchaudio's filter is a table with a row for each phase in which samples of the two rates can lie
to each other: 16,000 rows of 16,015 for 16,001 Hz, 1 GB, of which it makes several. Where the
table is small, as it is for all usual rates, torchaudio resamples; elsewhere soxr does, whose
memory does not depend on the rates.

On pink noise of 22 to 192 kHz the two differ by -25 dB, all of it near 8 kHz, where torchaudio's
filter fades out and soxr's still passes: below 6 kHz they differ by -59 dB. 3 s at 16,001 Hz take
0.01 s and no memory to speak of (torchaudio: 18 s and 9 GB). `benchmarks/data/resampling.py`
measures it.
"""

from functools import lru_cache
from math import ceil, gcd
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torchaudio.transforms import Resample

_LARGEST = 1 << 20  # numbers in torchaudio's table: 4 MiB
_ZEROS, _ROLLOFF = 6, 0.99  # torchaudio's defaults: zero crossings, and the filter's edge
_MARGIN = 0.01  # seconds of zeros behind the end, from which soxr makes its last samples


def resample(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample, band-limited.

    Args:
        waveform: (samples,) float32 at `source_rate` Hz.
        source_rate: the rate of the waveform, in Hz.
        target_rate: the rate wanted, in Hz.

    Returns:
        (ceil(samples · target_rate / source_rate),) float32.
    """
    length = -(-len(waveform) * target_rate // source_rate)
    if filter_size(source_rate, target_rate) > _LARGEST:
        return _by_soxr(waveform, source_rate, target_rate)[:length]
    return _by_torchaudio(waveform, source_rate, target_rate)[:length]


def filter_size(source_rate: int, target_rate: int) -> int:
    """Return how many numbers torchaudio's table holds for two rates."""
    common = gcd(source_rate, target_rate)
    source, target = source_rate // common, target_rate // common
    width = ceil(_ZEROS * source / (min(source, target) * _ROLLOFF))
    return target * (2 * width + source)


def _by_torchaudio(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample with a Hann-windowed sinc (torchaudio's default)."""
    import torch

    # torchaudio computes the length in float32, which loses a sample in some files of a few
    # seconds. One more block of the zeros that it adds itself makes room to cut exactly.
    block = source_rate // gcd(source_rate, target_rate)
    padded = torch.nn.functional.pad(torch.from_numpy(waveform), (0, block))
    with torch.inference_mode():
        resampled: torch.Tensor = _resampler(source_rate, target_rate)(padded)
    array: np.ndarray = resampled.numpy()
    return array


def _by_soxr(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample with soxr's filters of high quality."""
    import soxr

    zeros = ceil(_MARGIN * source_rate) + ceil(source_rate / target_rate)
    padded = np.pad(waveform, (0, zeros))
    resampled: np.ndarray = soxr.resample(padded, source_rate, target_rate, quality="HQ")
    return resampled


@lru_cache
def _resampler(source_rate: int, target_rate: int) -> "Resample":
    from torchaudio.transforms import Resample

    return Resample(source_rate, target_rate)
