"""Augmented copies of training utterances, whose features are in stores of their own."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cache import FeatureStore
from classifiers.batch import IN_USE, Branch, Features
from featx.data.augmentation.copies import copy_name, digest_copy
from featx.data.manifest import Utterance, audio_is_gone
from featx.data.sources import find_sources
from featx.errors import FeatxError
from featx.fitting.inputs.joined_store import AnyStore
from featx.fitting.inputs.selection import Reader, Selection
from featx.utils.text import counted, listed


@dataclass(frozen=True)
class StoredCopies:
    """The copies that are learned from beside the utterances themselves.

    Attributes:
        selections: what is used of each store of copies, in the order of the stores of utterances.
        names: utterance id to the ids of its copies, which all stores have.
    """

    selections: tuple[Selection, ...]
    names: Mapping[str, Sequence[str]]

    def of(self, utterances: Sequence[str]) -> list[str]:
        """Return the ids of the copies of utterances, those of each after each other."""
        return [copy for name in utterances for copy in self.names.get(name, ())]

    def owners(self, utterances: Sequence[str]) -> np.ndarray:
        """Return which of some utterances each of their copies is of, (copies,)."""
        return np.repeat(
            np.arange(len(utterances)), [len(self.names.get(name, ())) for name in utterances]
        )

    def describe(self) -> dict[str, Any]:
        """Return how many copies there are and how they were changed, as `LearnedCopies` has it."""
        changes = self.selections[0].store.identity.augmentation
        return {
            "copies": max(map(len, self.names.values())),
            "settings": json.loads(changes or "{}"),
        }

    def nbytes(self) -> int:
        """Return the bytes of the chosen features of all copies."""
        names = self.of(list(self.names))
        return sum(selection.nbytes(names) for selection in self.selections)


@dataclass(frozen=True)
class Joined:
    """Features of utterances, and behind them those of others.

    Attributes:
        first: the features of the utterances.
        count: how many these are.
        others: the features of the others.
    """

    first: Features
    count: int
    others: Features

    def in_groups(
        self, groups: Sequence[Sequence[int]], in_use: int = IN_USE
    ) -> Iterator[Sequence[Tensor]]:
        """Yield the features of each group of utterances."""
        own = [[index for index in group if index < self.count] for group in groups]
        more = [[n - self.count for n in group if n >= self.count] for group in groups]
        streams = self.first.in_groups(own, in_use), self.others.in_groups(more, in_use)
        for group, *features in zip(groups, *streams, strict=True):
            mine, theirs = map(iter, features)
            yield [next(mine if index < self.count else theirs) for index in group]


def join_copies(
    branch: Branch, utterances: Sequence[str], copies: StoredCopies, reader: Reader
) -> Branch:
    """Return the features of training utterances with those of their copies behind them.

    A copy is standardised as its utterance is, by statistics that have no copies in them.

    Args:
        branch: the features of the utterances.
        utterances: their ids.
        copies: the copies.
        reader: reads the features of the copies.
    """
    others = reader.features(copies.of(utterances))
    groups = branch.groups
    if groups is not None:
        owners = torch.from_numpy(copies.owners(utterances)).to(groups.device)
        groups = torch.cat([groups, groups[owners]])
    return replace(branch, features=Joined(branch.features, len(utterances), others), groups=groups)


def find_copies(
    selections: Sequence[Selection],
    stores: Sequence[FeatureStore],
    utterances: Sequence[Utterance],
    skip_missing: bool,
) -> StoredCopies:
    """Find the copies of utterances in stores.

    Args:
        selections: what is used of the utterances' own stores.
        stores: the stores of copies, in the same order.
        utterances: those that heads learn from.
        skip_missing: whether copies that are not there are left out.

    Raises:
        FeatxError: if a store has other features than the utterances' own, copies of other audio,
            or not all of them.
    """
    for selection, store in zip(selections, stores, strict=True):
        _check_same(selection.store, store)
        _check_audio(store, utterances)
    names = [utterance.utterance for utterance in utterances]
    number = _most_copies(stores, names)
    made = {name: [copy_name(name, copy) for copy in range(1, number + 1)] for name in names}
    there = {
        name: [copy for copy in own if all(store.is_done(copy) for store in stores)]
        for name, own in made.items()
    }
    absent = [copy for name, own in made.items() for copy in own if copy not in there[name]]
    if not any(there.values()) or (absent and not skip_missing):
        which = f"{len(absent):,} of {number * len(names):,}" if number else "any"
        such = f": {listed(absent)}" if absent else ""
        raise FeatxError(
            f"{stores[0].folder}: no features of {which} copies of the training utterances{such}. "
            "Extract the rest, which says what is wrong with them, or leave them out with "
            "`skip_missing`."
        )
    chosen = tuple(
        replace(selection, store=store) for selection, store in zip(selections, stores, strict=True)
    )
    return StoredCopies(chosen, there)


def _most_copies(stores: Sequence[FeatureStore], names: Collection[str]) -> int:
    """Return how many copies there are of the utterances that have most."""
    number = 0
    while any(copy_name(name, number + 1) in stores[0] for name in names):
        number += 1
    return number


def _check_same(own: AnyStore, store: FeatureStore) -> None:
    """Refuse copies whose features are not made as those of the utterances."""
    if store.identity.augmentation is None:
        raise FeatxError(
            f"`augmented={str(store.folder)!r}`: these are no augmented copies. `featx.extract` "
            "makes some with `augment`."
        )
    held = {**own.identity.compared(), **vars(own.layout)}
    copies = {**store.identity.compared(), **vars(store.layout)}
    other = [key for key in {**held, **copies} if held.get(key) != copies.get(key)]
    other.remove("augmentation")
    if other:
        raise FeatxError(
            f"{store.folder}: the copies have other features than {own.folder}, as they differ in "
            f"{', '.join(other)}. Extract both with the same options."
        )


def _check_audio(store: FeatureStore, utterances: Sequence[Utterance]) -> None:
    """Refuse copies that were not made of the utterances' audio, where that is here."""
    if audio_is_gone(utterances):
        return
    sources = find_sources(utterances).digests.tolist()
    changed = []
    for utterance, source in zip(utterances, sources, strict=True):
        copy = copy_name(utterance.utterance, 1)
        comparable = store.is_done(copy) and not (store.source(copy) ^ source) & 1
        if comparable and store.source(copy) != digest_copy(source, copy):
            changed.append(utterance.utterance)
    if changed:
        raise FeatxError(
            f"{store.folder}: the copies of {counted(len(changed), 'utterance')} were made from "
            f"other audio than the manifest now gives: {listed(changed)}. Extract the copies again "
            "with `update`."
        )
