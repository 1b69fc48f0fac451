"""Stored features for training, read from mapped memory."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from classifiers.batch import IN_USE, Features, InMemory
from classifiers.shape import InputShape
from classifiers.statistics import Moments, as_two_frames, measure
from featx.features.planning.layers import choose_layers
from featx.features.planning.reduction import average_frames
from featx.features.stores.verified import check_features
from featx.fitting.inputs.joined_store import AnyStore, JoinedStore
from featx.stores.used import mark_used

AHEAD = 8  # groups that the system may read in advance


@dataclass(frozen=True)
class Selection:
    """What is used of a store.

    Attributes:
        store: the features, of one corpus or several.
        rows: the places of the chosen layers in the store.
        seconds: how much of the beginning of each utterance is used; infinite for all of it.
        device: where features are wanted.
        average: how many neighbouring frames are averaged, the last of them maybe fewer.
        apart: whether a vector of means and deviations is taken for what it is, as linear heads
            do, and not for a frame of twice as many features.
    """

    store: AnyStore
    rows: tuple[int, ...]
    seconds: float
    device: torch.device
    average: int = 1
    apart: bool = False

    @property
    def has_moments(self) -> bool:
        """Whether vectors are means and deviations, and taken apart."""
        return self.apart and self.store.identity.pool == "mean+deviation"

    def __post_init__(self) -> None:
        for store in self.store.stores if isinstance(self.store, JoinedStore) else [self.store]:
            mark_used(store.folder)

    def by_store(self, utterances: Sequence[str]) -> "list[tuple[Selection, dict[str, str]]]":
        """Return the selection of each single store, and its utterances' ids by those in it."""
        if not isinstance(self.store, JoinedStore):
            return [(self, {name: name for name in utterances})]
        found = self.store.by_store(utterances)
        return [(replace(self, store=store), names) for store, names in found]

    @property
    def layers(self) -> list[str]:
        """Names of the chosen layers."""
        return [self.store.layout.layers[row] for row in self.rows]

    @property
    def shape(self) -> InputShape:
        """What a head is given."""
        step = self.store.identity.frame_step * self.average
        dim = self.store.layout.dim // (2 if self.has_moments else 1)
        return InputShape(len(self.rows), dim, step)

    @property
    def frames(self) -> int | None:
        """The most stored frames that are used of an utterance; None for all."""
        step = self.store.identity.frame_step
        if not step or math.isinf(self.seconds):
            return None
        return max(1, round(self.seconds / step))

    def nbytes(self, utterances: Sequence[str]) -> int:
        """Return the bytes that the chosen part of utterances takes."""
        kept = self.frames or math.inf
        frames = [min(self.store.frames(utterance), kept) for utterance in utterances]
        averaged = sum(math.ceil(count / self.average) for count in frames)
        kind = "float32" if self.average > 1 else self.store.layout.computed
        return int(averaged * len(self.rows) * self.store.layout.dim * np.dtype(kind).itemsize)

    @property
    def is_copied(self) -> bool:
        """Whether features are made anew whenever they are read."""
        return self.average > 1 or self.store.is_copied

    def check(self, utterances: Sequence[str], use: Callable[[str], object] | None = None) -> None:
        """Check that the chosen layers are as they were written, unless it was done before.

        Args:
            utterances: ids of stored utterances.
            use: called in a thread with each that is whole, once it is checked.

        Raises:
            DamagedStore: if those of any utterance are not.
        """
        if not isinstance(self.store, JoinedStore):
            check_features(self.store, self.rows, utterances, use)
            return
        assert not use, "utterances are used store by store, as in `find_moments`"
        for store, names in self.store.by_store(utterances):
            check_features(store, self.rows, list(names))

    def read(self, utterance: str) -> Tensor:
        """Return the chosen part of an utterance, (layers, frames, dim), as mapped memory.

        Layers that do not follow one another are copied, and averages are float32. Of means and
        deviations that are taken apart it is two frames that have them.
        """
        if self.has_moments:
            return as_two_frames(self.measure(utterance)).to(self.device)
        features = self._chosen(utterance)[:, : self.frames]
        if self.average > 1:
            return torch.from_numpy(average_frames(features, self.average)).to(self.device)
        return _as_tensor(features).to(self.device)

    def measure(self, utterance: str, frames: int | None = None) -> Moments:
        """Return the moments of the chosen layers of an utterance.

        Args:
            utterance: its id.
            frames: how many frames at the beginning; None for all.
        """
        features = self._chosen(utterance)
        if not self.has_moments:
            return measure(features[:, :frames])
        mean, deviation = np.split(features[:, 0].astype(np.float64), 2, 1)
        count = max(1, self.store.samples(utterance))  # which frames are proportional to
        return Moments(count, mean, deviation * deviation * count)

    def expect(self, utterance: str) -> None:
        """Have the system read an utterance in advance."""
        self.store.expect(utterance, self.rows)

    def release(self, utterance: str) -> None:
        """Let go of the memory that an utterance took."""
        self.store.release(utterance, self.rows)

    def _chosen(self, utterance: str) -> np.ndarray:
        return self.store.read(utterance, self.rows)


def _as_tensor(features: np.ndarray) -> Tensor:
    """Return features as a tensor on the same memory, which nobody may write to.

    Torch has no tensors that can only be read, and warns when an array that can only be read is
    made one; a mapped store is such an array.
    """
    return torch.from_numpy(np.asarray(_Writable(features)))


class _Writable:
    """Features that say that they can be written to, for numpy's array interface."""

    def __init__(self, features: np.ndarray) -> None:
        self.features = features  # keeps the memory mapped
        address, _ = features.__array_interface__["data"]
        self.__array_interface__ = {**features.__array_interface__, "data": (address, False)}


def select(
    store: AnyStore,
    layers: str,
    seconds: float,
    device: torch.device,
    average: int = 1,
    apart: bool = False,
) -> Selection:
    """Choose layers of a store.

    Args:
        store: the features.
        layers: "all", "local", "contextual" or numbers and ranges such as "0,4-12".
        seconds: how much of the beginning of each utterance is used.
        device: where features are wanted.
        average: how many neighbouring frames are averaged.
        apart: whether vectors of means and deviations are taken apart, as `Selection` says.

    Raises:
        FeatxError: if the store has no such layer.
    """
    rows = choose_layers(layers, store.layout.layers, store.identity.blocks)
    return Selection(store, rows, seconds, device, average, apart)


@dataclass(frozen=True)
class Stored:
    """Features that are read where they lie, in the mapped store, a little ahead of their use.

    Attributes:
        selection: what is read of the store.
        utterances: the ids of the utterances.
        keep: whether what was read may stay in memory.
        expected: the utterances that the system was told of, and that it keeps.
    """

    selection: Selection
    utterances: Sequence[str]
    keep: bool
    expected: set[str] = field(default_factory=set)

    def in_groups(
        self, groups: Sequence[Sequence[int]], in_use: int = IN_USE
    ) -> Iterator[Sequence[Tensor]]:
        """Yield the features of each group of utterances."""
        named = [[self.utterances[index] for index in group] for group in groups]
        self._expect(named[:AHEAD])
        for place, group in enumerate(named):
            self._expect(named[place + AHEAD : place + AHEAD + 1])
            yield [self.selection.read(utterance) for utterance in group]
            if not self.keep and place >= in_use:
                for utterance in named[place - in_use]:
                    self.selection.release(utterance)

    def _expect(self, groups: Sequence[Sequence[str]]) -> None:
        for group in groups:
            for utterance in group:
                if utterance in self.expected:
                    continue  # telling takes as long as reading what is in memory
                self.selection.expect(utterance)
                if self.keep:
                    self.expected.add(utterance)


@dataclass(frozen=True)
class Reader:
    """The features of a store's utterances.

    Attributes:
        selection: what is used of the store.
        keep: whether what was read may stay in memory.
        held: features by utterance that lie where heads train, such as on a GPU; empty if they
            are read from the store.
    """

    selection: Selection
    keep: bool
    held: Mapping[str, Tensor]

    def features(self, utterances: Sequence[str]) -> Features:
        """Return the features of some utterances."""
        if self.held:
            return InMemory([self.held[utterance] for utterance in utterances])
        return Stored(self.selection, utterances, self.keep)
