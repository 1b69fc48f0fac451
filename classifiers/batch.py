"""Utterances of different lengths side by side: no padding, so nothing to mask."""

import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from classifiers.statistics import Statistics

IN_USE = 16  # groups


class Features(typing.Protocol):
    """The features of some utterances, in memory or elsewhere."""

    def in_groups(
        self, groups: Sequence[Sequence[int]], in_use: int = IN_USE
    ) -> Iterator[Sequence[Tensor]]:
        """Yield the features of groups of utterances, in order; groups ahead may be read already.

        Args:
            groups: the indices of each group's utterances.
            in_use: how many groups, the latest, may still be computed on.

        Yields:
            For each group its utterances' (layers, frames, dim) tensors.
        """
        ...


@dataclass(frozen=True)
class InMemory:
    """Features that lie in memory, a (layers, frames, dim) tensor for each utterance."""

    tensors: Sequence[Tensor]

    def in_groups(
        self, groups: Sequence[Sequence[int]], in_use: int = IN_USE
    ) -> Iterator[Sequence[Tensor]]:
        """Yield the features of each group."""
        for group in groups:
            yield [self.tensors[index] for index in group]


@dataclass(frozen=True)
class Branch:
    """The features of a store, and what they are standardised by.

    Attributes:
        features: the features of each utterance.
        statistics: mean and deviation of each group; None leaves features as they are.
        groups: (utterances,) int64, the group of each utterance; None if all are in the same group.
    """

    features: Features
    statistics: Statistics | None = None
    groups: Tensor | None = None


@dataclass(frozen=True)
class Examples:
    """Labelled utterances.

    Attributes:
        branches: the features of each store; of a single store unless stores are fused.
        targets: what an objective takes: (utterances,) class indices of a `Classification`,
            (utterances, classes) shares of a `Distribution`, (utterances, columns) numbers of a
            `Regression`.
    """

    branches: Sequence[Branch]
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    def parts(self, groups: Sequence[Sequence[int]], in_use: int = IN_USE) -> Iterator["Part"]:
        """Yield groups of utterances, in order; as many as are in use stay in memory."""
        streams = [branch.features.in_groups(groups, in_use) for branch in self.branches]
        for group, *features in zip(groups, *streams, strict=True):
            inputs = tuple(map(_input, self.branches, features, [list(group)] * len(features)))
            targets = torch.from_numpy(self.targets[list(group)])
            yield Part(inputs, targets.to(inputs[0].features[0].device))


@dataclass(frozen=True)
class Input:
    """The features of a store for some utterances that are computed together.

    Attributes:
        features: the features of each utterance, (layers, frames, dim).
        mean: (utterances, layers, dim) to subtract, or None.
        deviation: (utterances, layers, dim) to divide by, or None.
        mask: (frames, dim), 0 where a value is masked once it is standardised and else 1; None
            where nothing is masked.
    """

    features: Sequence[Tensor]
    mean: Tensor | None = None
    deviation: Tensor | None = None
    mask: Tensor | None = None

    @property
    def lengths(self) -> Tensor:
        """How many frames each utterance has, (utterances,)."""
        return torch.tensor([part.shape[1] for part in self.features])


@dataclass(frozen=True)
class Part:
    """Some utterances that are computed together.

    Attributes:
        inputs: the features of each store.
        targets: those of the utterances.
        noise: the seed of the random bits for dropout; None where nothing is dropped.
    """

    inputs: Sequence[Input]
    targets: Tensor
    noise: int | None = None


def _input(branch: Branch, features: Sequence[Tensor], group: list[int]) -> Input:
    if branch.statistics is None:
        return Input(features)
    owners = branch.groups[group] if branch.groups is not None else [0] * len(group)
    return Input(features, branch.statistics.mean[owners], branch.statistics.deviation[owners])
