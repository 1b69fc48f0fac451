"""eGeMAPS by opensmile.

Source: Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice
Research and Affective Computing", IEEE Transactions on Affective Computing 7(2).
"""

from functools import lru_cache

import numpy as np
from opensmile import FeatureLevel, FeatureSet, Smile

from featx.data.audio import SAMPLE_RATE, Waveform

FULL_SCALE = 1 - 2**-15  # what lies above wraps round when opensmile converts to 16 bits


def describe(waveform: Waveform, average: int) -> np.ndarray:
    """Return the low-level descriptors, averaged over some frames of 10 ms.

    Where the frames don't come out even, the last ones are averaged among themselves.

    Args:
        waveform: (samples,) float32 at 16 kHz; clipped to [-1, 1).
        average: consecutive frames that make one.

    Returns:
        (frames, 25) float32.
    """
    frames = _compute(FeatureLevel.LowLevelDescriptors, waveform)
    starts = np.arange(0, len(frames), average)
    counts = np.minimum(average, len(frames) - starts)[:, None]
    means: np.ndarray = np.add.reduceat(frames, starts) / counts.astype(np.float32)
    return means


def summarise(waveform: Waveform) -> np.ndarray:
    """Return the functionals: statistics of the descriptors over an utterance.

    Args:
        waveform: (samples,) float32 at 16 kHz; clipped to [-1, 1).

    Returns:
        (1, 88) float32.
    """
    return _compute(FeatureLevel.Functionals, waveform)


def _compute(level: FeatureLevel, waveform: Waveform) -> np.ndarray:
    """Return (frames, dim) float32."""
    clipped = np.clip(waveform, -1, FULL_SCALE)
    (features,) = _smile(level)(clipped, SAMPLE_RATE)
    frames: np.ndarray = features.T
    return frames


@lru_cache
def _smile(level: FeatureLevel) -> Smile:
    """Return an extractor; it makes a new pipeline at each call, so threads may share it."""
    return Smile(FeatureSet.eGeMAPSv02, level)
