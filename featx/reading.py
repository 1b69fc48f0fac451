"""Stored features for training: kept in memory if they fit, else read ahead from the disk."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cache import FeatureStore
from classifiers.batch import Features, InMemory
from classifiers.shape import InputShape
from classifiers.statistics import Moments, measure
from featx.ahead import map_ahead
from featx.layers import choose_layers

READERS = 4  # threads: enough to keep a disk busy


@dataclass(frozen=True)
class Selection:
    """What is used of a store.

    Attributes:
        store: the features.
        rows: places of the chosen layers.
        seconds: of each utterance's beginning that are used; infinite for all of it.
        device: where features are wanted.
    """

    store: FeatureStore
    rows: tuple[int, ...]
    seconds: float
    device: torch.device

    @property
    def layers(self) -> list[str]:
        """Names of the chosen layers."""
        return [self.store.layout.layers[row] for row in self.rows]

    @property
    def shape(self) -> InputShape:
        """What a head is given."""
        step = float(self.store.identity["frame_step"])
        return InputShape(len(self.rows), self.store.layout.dim, step)

    @property
    def frames(self) -> int | None:
        """The most frames that are used of an utterance; None for all."""
        if not self.shape.step or math.isinf(self.seconds):
            return None
        return max(1, round(self.seconds / self.shape.step))

    def nbytes(self, utterances: Sequence[str]) -> int:
        """Return the bytes that the chosen part of utterances takes."""
        kept = self.frames or math.inf
        frames = sum(min(self.store.frames(utterance), kept) for utterance in utterances)
        itemsize = np.dtype(self.store.layout.dtype).itemsize
        return int(frames * len(self.rows) * self.shape.dim * itemsize)

    def load(self, utterance: str) -> Tensor:
        """Read the chosen part of an utterance, (layers, frames, dim)."""
        loaded = self.store.load(utterance, self.rows, self.frames)
        return torch.from_numpy(loaded).to(self.device)

    def load_measured(self, utterance: str) -> tuple[Tensor, Moments]:
        """Read the chosen part of an utterance, and the moments of all its frames."""
        whole = self.store.load(utterance, self.rows)
        chosen = whole if self.frames is None else whole[:, : self.frames].copy()
        return torch.from_numpy(chosen).to(self.device), measure(whole)


def select(store: FeatureStore, layers: str, seconds: float, device: torch.device) -> Selection:
    """Choose layers of a store.

    Args:
        store: the features.
        layers: "all", "local", "contextual" or numbers and ranges such as "0,4-12".
        seconds: of each utterance's beginning that are used.
        device: where features are wanted.

    Raises:
        FeatxError: if the store has no such layer.
    """
    rows = choose_layers(layers, store.layout.layers, store.identity.get("blocks"))
    return Selection(store, rows, seconds, device)


@dataclass(frozen=True)
class OnDisk:
    """Features that do not fit in memory, read again each time, ahead of who uses them.

    Attributes:
        selection: what is read.
        utterances: whose.
    """

    selection: Selection
    utterances: Sequence[str]

    def in_groups(self, groups: Sequence[Sequence[int]]) -> Iterator[Sequence[Tensor]]:
        """Yield the features of each group."""
        return map_ahead(self._load, groups, READERS)

    def _load(self, group: Sequence[int]) -> list[Tensor]:
        return [self.selection.load(self.utterances[index]) for index in group]


@dataclass(frozen=True)
class Reader:
    """The features of a store's utterances, wherever they are.

    Attributes:
        selection: what is used of the store.
        resident: features by utterance; empty if they are read from the disk each time.
    """

    selection: Selection
    resident: dict[str, Tensor]

    def features(self, utterances: Sequence[str]) -> Features:
        """Return the features of some utterances."""
        if self.resident:
            return InMemory([self.resident[utterance] for utterance in utterances])
        return OnDisk(self.selection, utterances)
