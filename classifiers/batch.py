"""Utterances of different lengths, packed one after another: no padding, so nothing to mask."""

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
    """Some utterances in one tensor.

    Attributes:
        features: (layers, frames, dim), the utterances' frames one after another.
        lengths: (utterances,) frames of each.
        labels: (utterances,) class indices.
    """

    features: Tensor
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
        features = [examples.features[index] for index in chosen]
        yield Batch(
            torch.from_numpy(np.concatenate(features, axis=1)),
            torch.tensor([part.shape[1] for part in features]),
            torch.from_numpy(examples.labels[list(chosen)]),
        )
