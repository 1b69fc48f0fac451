"""The stores of several corpora as one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cache import FeatureStore
from featx.errors import FeatxError


class JoinedStore:
    """The same features of several corpora, to be read by the ids that utterances have together.

    Args:
        stores: a store for each corpus.
        own: for each, the id of its utterances in its store by the id among all.

    Raises:
        FeatxError: if the stores hold different features.

    Attributes:
        stores: the stores.
        own: as given.
        layout: layers, dim and dtype of all of them.
        identity: what the features of all are.
        software: the versions that computed those of the first.
        folder: that of the first.
    """

    def __init__(self, stores: Sequence[FeatureStore], own: Sequence[Mapping[str, str]]) -> None:
        first = stores[0]
        self.stores, self.own = tuple(stores), tuple(own)
        self.layout, self.identity, self.software = first.layout, first.identity, first.software
        self.folder: Path = first.folder
        self._places = {
            name: (store, stored)
            for store, names in zip(stores, own, strict=True)
            for name, stored in names.items()
        }
        for store in stores[1:]:
            _check_same(first, store)

    @property
    def nbytes(self) -> int:
        """Bytes of all features."""
        return sum(store.nbytes for store in self.stores)

    @property
    def is_copied(self) -> bool:
        """Whether features of any are copied when they are read, not mapped."""
        return any(store.is_copied for store in self.stores)

    def is_done(self, utterance: str) -> bool:
        """Tell whether an utterance's features are there."""
        store, own = self._places[utterance]
        return store.is_done(own)

    def frames(self, utterance: str) -> int:
        """Return the number of frames of an utterance."""
        store, own = self._places[utterance]
        return store.frames(own)

    def samples(self, utterance: str) -> int:
        """Return the length of the audio that features were made from; 0 if it is not known."""
        store, own = self._places[utterance]
        return store.samples(own)

    def checksum(self, utterance: str, layers: Sequence[int]) -> int:
        """Return a number that changes when layers of an utterance's features do."""
        store, own = self._places[utterance]
        return store.checksum(own, layers)

    def read(self, utterance: str, rows: Sequence[int]) -> np.ndarray:
        """Return layers of an utterance, (layers, frames, dim), read-only."""
        store, own = self._places[utterance]
        return store.read(own, rows)

    def expect(self, utterance: str, layers: Sequence[int]) -> None:
        """Have the system read layers of an utterance in advance."""
        store, own = self._places[utterance]
        store.expect(own, layers)

    def release(self, utterance: str, layers: Sequence[int]) -> None:
        """Let go of the memory that reading layers of an utterance took."""
        store, own = self._places[utterance]
        store.release(own, layers)

    def by_store(self, utterances: Sequence[str]) -> list[tuple[FeatureStore, dict[str, str]]]:
        """Return each store that has any of some utterances, with their ids here by those in it."""
        wanted = set(utterances)
        found = (
            (store, {stored: name for name, stored in names.items() if name in wanted})
            for store, names in zip(self.stores, self.own, strict=True)
        )
        return [(store, names) for store, names in found if names]


AnyStore = FeatureStore | JoinedStore


def _check_same(first: FeatureStore, other: FeatureStore) -> None:
    held, others = ({**s.identity.compared(), **vars(s.layout)} for s in (first, other))
    found = [key for key in {**held, **others} if held.get(key) != others.get(key)]
    if found:
        values = (f"{key} {held.get(key)} and {others.get(key)}" for key in found)
        raise FeatxError(
            f"{first.folder} and {other.folder} hold different features, which no head can take "
            f"together: {'; '.join(values)}. Extract both corpora with the same model and settings."
        )
