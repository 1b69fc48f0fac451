"""Utterances of different lengths side by side: no padding, so nothing to mask."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """Labelled utterances.

    Attributes:
        features: one (layers, frames, dim) array an utterance; mapped memory is read only when
            a batch needs it.
        labels: (utterances,) class indices.
    """

    features: Sequence[np.ndarray]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Batch:
    """Some utterances, as they lie in memory.

    Attributes:
        features: for each utterance (layers, frames, dim).
        lengths: (utterances,) frames of each.
        labels: (utterances,) class indices.
    """

    features: tuple[Tensor, ...]
    lengths: Tensor
    labels: Tensor


def batches(examples: Examples, size: int, order: Sequence[int] | None = None) -> Iterator[Batch]:
    """Yield batches of `size` utterances, the last with what is left.

    Args:
        examples: the utterances.
        size: utterances a batch.
        order: which come when; as they are if None.
    """
    order = range(len(examples)) if order is None else order
    for begin in range(0, len(order), size):
        chosen = order[begin : begin + size]
        features = tuple(as_tensor(examples.features[index]) for index in chosen)
        yield Batch(
            features,
            torch.tensor([part.shape[1] for part in features]),
            torch.from_numpy(examples.labels[list(chosen)]),
        )


def as_tensor(features: np.ndarray) -> Tensor:
    """Return a tensor on the same memory, which may be mapped and must not be written to."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(features)
