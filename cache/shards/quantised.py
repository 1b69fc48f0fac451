"""Features in 8 bits: a scale and an offset for each utterance, layer and feature.

The offset is needed: encoders have features whose mean is many times their deviation, and a scale
alone would spend its steps on the way from zero to there (docs/smaller-stores.md).
"""

from typing import NamedTuple

import numpy as np

STEPS = 254  # between the least value, -127, and the greatest, 127


class Quantised(NamedTuple):
    """An utterance's features, which are near offset + scale · values.

    Attributes:
        values: (layers, frames, dim) int8, from -127 to 127.
        scale: (layers, dim) float32; 0 where a feature does not vary.
        offset: (layers, dim) float32, the middle of a feature's range.
    """

    values: np.ndarray
    scale: np.ndarray
    offset: np.ndarray


def quantise(features: np.ndarray) -> Quantised:
    """Round an utterance's features to 8 bits, each within half a scale but for float32's rounding.

    Args:
        features: (layers, frames, dim), finite.
    """
    exact = features.astype(np.float32, copy=False)
    high, low = exact.max(1), exact.min(1)
    offset = high / np.float32(2) + low / np.float32(2)  # so that nothing overflows
    reach = np.maximum(high.astype(np.float64) - offset, offset.astype(np.float64) - low)
    scale = _at_least(reach / (STEPS / 2))
    steps = (exact - offset[:, None]) / np.where(scale > 0, scale, 1)[:, None]
    values = np.clip(np.rint(steps), -127, 127).astype(np.int8)
    return Quantised(values, scale, offset)


def _at_least(values: np.ndarray) -> np.ndarray:
    """Round to float32, never down: a smaller scale would cut the ends of a range off."""
    rounded = values.astype(np.float32)
    return np.where(rounded < values, np.nextafter(rounded, np.float32(np.inf)), rounded)


def restore(quantised: Quantised) -> np.ndarray:
    """Return features as they are after rounding, (layers, frames, dim) float32."""
    features: np.ndarray = quantised.values * quantised.scale[:, None]
    features += quantised.offset[:, None]
    return features
