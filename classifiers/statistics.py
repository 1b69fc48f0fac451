"""Mean and deviation of features, to standardise them by."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from classifiers.batch import as_tensor


@dataclass(frozen=True)
class Statistics:
    """Of each layer and feature, over the frames of some utterances.

    Attributes:
        mean: (layers, dim) float32.
        deviation: (layers, dim) float32, population; 1 where a feature never varies.
    """

    mean: Tensor
    deviation: Tensor


def measure(features: Iterable[np.ndarray]) -> Statistics:
    """Measure in one pass, adding up in float64.

    Args:
        features: (layers, frames, dim) arrays, at least one.
    """
    frames, total, squares = 0, torch.zeros(()), torch.zeros(())
    for part in features:
        values = as_tensor(part)
        # squares of halves are exact in float32, which is faster
        values = values.float() if values.dtype == torch.float16 else values.double()
        frames += values.shape[1]
        total = total + values.sum(1, dtype=torch.float64)
        squares = squares + values.square().sum(1, dtype=torch.float64)
    mean = total / frames
    variance = (squares / frames - mean.square()).clamp_min(0)
    deviation = torch.where(variance > 0, variance.sqrt(), 1)
    return Statistics(mean.float(), deviation.float())
