"""Mean and deviation of features, to standardise them by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from classifiers import kernels


@dataclass(frozen=True)
class Moments:
    """Mean and squared deviations of each layer and feature; moments of several parts add up.

    Attributes:
        frames: how many frames they are of.
        mean: (layers, dim) float64.
        squares: (layers, dim) float64, the sum of squared deviations from the mean.
    """

    frames: int
    mean: np.ndarray
    squares: np.ndarray

    def __add__(self, other: "Moments") -> "Moments":
        """Return the moments of both (Chan, Golub and LeVeque 1983, eq. 2.1)."""
        frames = self.frames + other.frames
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.frames / frames)
        between = apart * apart * (self.frames * other.frames / frames)
        return Moments(frames, mean, self.squares + other.squares + between)


def measure(features: np.ndarray) -> Moments:
    """Return the moments of an utterance, added up in float64.

    Args:
        features: (layers, frames, dim) float16 or float32.
    """
    layers, frames, dim = features.shape
    mean, squares = np.empty((layers, dim)), np.empty((layers, dim))
    values, apart = kernels.flat(features)
    kernels.moments(values, apart, frames, mean, squares)
    return Moments(frames, mean, squares)


def as_two_frames(moments: Moments) -> Tensor:
    """Return two frames that have an utterance's mean and deviation, (layers, 2, dim) float32.

    They are the mean less and plus the deviation. What pools frames by mean and deviation gets
    from them what it would get from all.
    """
    deviation = np.sqrt(moments.squares / moments.frames)
    frames = np.stack([moments.mean - deviation, moments.mean + deviation], 1)
    return torch.from_numpy(frames).float()


def add_up(parts: Iterable[Moments]) -> Moments:
    """Return the moments of all frames together.

    Args:
        parts: the moments of some frames each; at least those of a single part.
    """
    first, *others = parts
    for other in others:
        first = first + other
    return first


@dataclass(frozen=True)
class Statistics:
    """What groups of utterances are standardised by, such as each speaker's utterances.

    Attributes:
        mean: (groups, layers, dim) float32.
        deviation: (groups, layers, dim) float32, population; 1 where a feature never varies.
    """

    mean: Tensor
    deviation: Tensor

    def to(self, device: torch.device) -> "Statistics":
        """Return the same on a device."""
        return Statistics(self.mean.to(device), self.deviation.to(device))


def statistics_of(groups: Sequence[Moments]) -> Statistics:
    """Return the statistics of groups with these moments."""
    deviations = [np.sqrt(group.squares / group.frames) for group in groups]
    return Statistics(
        torch.from_numpy(np.stack([group.mean for group in groups])).float(),
        torch.from_numpy(np.stack([np.where(d > 0, d, 1) for d in deviations])).float(),
    )
