"""How far predicted numbers miss, by how high the true ones are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PARTS = 5  # fifths of the utterances


class Level(NamedTuple):
    """Some of the utterances: those with true values of about the same height.

    Attributes:
        low: the lowest true value.
        high: the highest.
        utterances: how many there are, the mean over seeds.
        rmse: root of the mean squared error.
        bias: the mean of predictions less true values.
    """

    low: float
    high: float
    utterances: float
    rmse: float
    bias: float


def measure_levels(truth: np.ndarray, predictions: np.ndarray, seeds: int) -> list[Level]:
    """Measure errors in fifths of the true values; fewer where many are the same.

    Args:
        truth: (utterances of all seeds,) true values of a dimension.
        predictions: (utterances of all seeds,).
        seeds: how many there are.
    """
    edges = np.unique(np.quantile(truth, np.arange(1, PARTS) / PARTS))
    owners = np.searchsorted(edges, truth)  # a value on an edge is in the part below
    return [_level(truth[own], predictions[own], seeds) for own in _parts(owners)]


def _parts(owners: np.ndarray) -> Sequence[np.ndarray]:
    return [owners == part for part in np.unique(owners)]


def _level(truth: np.ndarray, predictions: np.ndarray, seeds: int) -> Level:
    misses = predictions.astype(np.float64) - truth
    return Level(
        float(truth.min()),
        float(truth.max()),
        len(truth) / seeds,
        float(np.sqrt(np.square(misses).mean())),
        float(misses.mean()),
    )
