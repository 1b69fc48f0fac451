"""Features are held against their checksums when they are first read, so that none is damaged.

What was found whole is remembered in featx's cache folder by the file's path, size and times: it is
checked once for as long as nobody writes to the file.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from cache import DamagedStore, DiskFull, FeatureStore
from featx.data.files.digests import State
from featx.utils.files import cache_folder
from featx.utils.npz import read_npz, write_npz
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress
from featx.utils.text import listed

TOGETHER = 32  # utterances that a thread checks at a time
Cell = tuple[Path, int]  # a store's file, and an utterance's place in it
log = logging.getLogger("featx")


def check_features(
    store: FeatureStore,
    rows: Sequence[int],
    utterances: Sequence[str],
    use: Callable[[str], object] | None = None,
) -> None:
    """Check layers of utterances against their checksums, unless it was done before.

    Args:
        store: the features.
        rows: the places of the layers in the store.
        utterances: ids of stored utterances.
        use: called in a thread with each that is whole, while its features are in the
            processor's cache.

    Raises:
        DamagedStore: if any are not as they were written.
    """
    known = _Whole(store)
    cells = {name: store.cell(name) for name in utterances}
    waiting = known.without(rows, cells)
    if not waiting and not use:
        return
    damaged = _check(store, rows, utterances if use else waiting, set(waiting), use)
    if damaged:
        raise DamagedStore(
            store.folder,
            f"{store.folder}: the features of {len(damaged):,} of {len(utterances):,} utterances "
            f"are damaged, they are not those that were written: {listed(damaged)}. "
            f"Clear them with `featx cache verify {store.folder} --repair`, then extract the "
            "features again, which computes only those.",
            damaged,
        )
    if waiting:
        known.add(rows, [cells[name] for name in waiting])


def _check(
    store: FeatureStore,
    rows: Sequence[int],
    utterances: Sequence[str],
    waiting: Collection[str],
    use: Callable[[str], object] | None,
) -> list[str]:
    """Use utterances, those that wait if they are whole; return those that are damaged."""

    def check(names: Sequence[str]) -> tuple[int, list[str]]:
        damaged = []
        for name in names:
            if name in waiting and not store.is_whole(name, rows):
                damaged.append(name)
            elif use:
                use(name)
        return len(names), damaged

    groups = [utterances[i : i + TOGETHER] for i in range(0, len(utterances), TOGETHER)]
    damaged = []
    title = f"{'Measuring' if use else 'Checking'} {store.folder.name}"
    with progress(title, len(utterances), "utterances") as advance:
        for count, names in map_ahead(check, groups, os.cpu_count() or 1):
            damaged += names
            advance(count)
    return damaged


class _Whole:
    """Which layers of which utterances of a store were found whole."""

    def __init__(self, store: FeatureStore) -> None:
        name = hashlib.sha256(str(store.folder.resolve()).encode()).hexdigest()
        self._path = cache_folder() / "whole" / f"{name[:32]}.npz"
        self._layers = len(store.layout.layers)
        self._states = {path: State.of(path) for path in store.shards}
        self._found: dict[Path, np.ndarray] = {}  # (utterances, layers) bool by file
        known = read_npz(self._path) or {}
        for path, state in self._states.items():
            packed = known.get(_key(path, state))
            if packed is not None:
                bits = np.unpackbits(packed, axis=1)[:, : self._layers]
                self._found[path] = bits.astype(bool)

    def without(self, rows: Sequence[int], cells: dict[str, Cell]) -> list[str]:
        """Return the utterances of which layers have not been found whole."""
        whole = {
            path: set(np.flatnonzero(bits[:, list(rows)].all(1)).tolist())
            for path, bits in self._found.items()
        }
        return [name for name, (path, index) in cells.items() if index not in whole.get(path, ())]

    def add(self, rows: Sequence[int], cells: Sequence[Cell]) -> None:
        """Remember layers of utterances as whole."""
        for path, group in groupby(sorted(cells), key=lambda cell: cell[0]):
            places = [index for _, index in group]
            bits = np.zeros((max(places) + 1, self._layers), bool)
            bits[np.ix_(places, list(rows))] = True
            before = self._found.get(path, bits[:0])
            shorter, longer = sorted((before, bits), key=len)
            longer[: len(shorter)] |= shorter
            self._found[path] = longer
        packed = {
            _key(path, self._states[path]): np.packbits(bits, axis=1)
            for path, bits in self._found.items()
            if self._states[path].settled
        }
        if not packed:  # files so young that another write to them may not show
            return
        try:
            write_npz(self._path, packed)
        except (OSError, DiskFull) as error:
            log.debug("%s can't be written (%s): features are checked again.", self._path, error)


def _key(path: Path, state: State) -> str:
    return "-".join([path.stem, *map(str, state)])
