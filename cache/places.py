"""Where each utterance of a store is."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from cache.errors import StoreError
from cache.shards.marks import RETIRED
from cache.shards.shard import Shard


class Places:
    """The places of a store's utterances, without those that are retired.

    Args:
        shards: the store's.

    Raises:
        StoreError: if an utterance is in two shards.
    """

    def __init__(self, shards: Sequence[Shard]) -> None:
        # a number each, among the places of all shards: there can be a million
        self._numbers: dict[str, int] = {}
        self._begins = [0]
        for shard in shards:
            self._add(shard)

    def _add(self, shard: Shard) -> None:
        begin = self._begins[-1]
        self._begins.append(begin + len(shard.utterances))
        retired = set(np.flatnonzero(shard.done == RETIRED).tolist())
        for number, utterance in enumerate(shard.utterances, begin):
            if number - begin in retired:
                continue
            if utterance in self._numbers:
                raise StoreError(
                    f"{shard.path}: {utterance!r} is in another shard too. Give up the second "
                    f"place with `featx cache verify {shard.path.parent} --repair`."
                )
            self._numbers[utterance] = number

    def __contains__(self, utterance: str) -> bool:
        return utterance in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def at(self, utterance: str) -> tuple[int, int]:
        """Return the number of an utterance's shard, and its place in it."""
        number = self._numbers[utterance]
        shard = bisect_right(self._begins, number) - 1
        return shard, number - self._begins[shard]

    def share(self, utterance: str, other: str) -> None:
        """Let another id have an utterance's place too."""
        self._numbers[other] = self._numbers[utterance]

    def remove(self, utterance: str) -> None:
        """Forget where an utterance is."""
        del self._numbers[utterance]
