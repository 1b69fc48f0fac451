"""A store held against its checksums: shards one after another, utterances in threads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cache import DamagedStore, FeatureIdentity, Layout, StoreError, find_shards
from cache.shards.shard import Shard
from featx.stores.contents import STATISTICS
from featx.utils.machine import usable_cores
from featx.utils.npz import npz_is_whole
from featx.utils.parallel import map_ahead
from featx.utils.progress import Advance, progress

_TOGETHER = 16  # utterances that a thread checks at a time
Place = tuple[Path, int]  # a shard, and an utterance's place in it
Owner = tuple[Place, bool]  # an utterance's place, and whether it is done


@dataclass
class Found:
    """What is known of a store once it was checked.

    Attributes:
        checked: how many utterances with features were looked at.
        nbytes: the bytes of their features.
        places: where each damaged utterance is, and each that stands in two shards.
        damaged: the damaged utterances.
        doubled: those that have features in two shards.
        tables: why the tables of a shard can't be used, by its file.
        unreadable: why a file can't be read at all, which no repair changes.
        statistics: files of kept means and deviations that are damaged.
        notes: what else there is to say.
        identity: what the features are; None if no shard says it.
        layout: their layers, dim and dtype; None if no shard says it.
        compressed: whether any shard is compressed.
    """

    checked: int = 0
    nbytes: int = 0
    places: list[Place] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    tables: dict[Path, str] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)
    statistics: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    identity: FeatureIdentity | None = None
    layout: Layout | None = None
    compressed: bool = False

    @property
    def is_damaged(self) -> bool:
        """Whether there is anything that a repair would clear."""
        return bool(self.damaged or self.doubled or self.tables or self.statistics)


def check_store(folder: Path) -> Found:
    """Check all of a store.

    Raises:
        StoreError: if a shard is of another format or holds other features than the others.
    """
    found, owners = Found(), dict[str, Owner]()
    paths = find_shards(folder)
    total = sum(path.stat().st_size for path in paths)
    with progress(f"Checking {folder.name}", total / 1e6, "MB") as advance:
        for path in paths:
            shard = _open(path, found)
            if shard is not None:
                _check_alike(shard, found)
                _check_shard(shard, found, owners, lambda nbytes: advance(nbytes / 1e6))
            else:
                advance(path.stat().st_size / 1e6)
    kept = sorted((folder / STATISTICS).glob("*.npz"))
    found.statistics = [path for path in kept if not npz_is_whole(path)]
    found.notes += _gaps(paths)
    return found


def _open(path: Path, found: Found) -> Shard | None:
    """Open a shard, or note why that is not possible."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:  # the disk or the rights: the file itself may be whole
        found.unreadable[path] = f"can't be read ({error.strerror})"
        return None
    try:
        return Shard(path)
    except DamagedStore as error:
        cause = error.__cause__
        found.tables[path] = str(cause) if cause else "they are not those that were written"
        return None


def _check_alike(shard: Shard, found: Found) -> None:
    found.compressed |= shard.is_compressed
    if found.identity is None:
        found.identity, found.layout = shard.identity, shard.layout
    elif (shard.identity, shard.layout) != (found.identity, found.layout):
        raise StoreError(
            f"{shard.path}: holds other features than the shards before it. Move it elsewhere."
        )


def _check_shard(shard: Shard, found: Found, owners: dict[str, Owner], advance: Advance) -> None:
    """Check the utterances of a shard, in threads, and that none has features elsewhere too."""
    done = [index for index in range(len(shard.utterances)) if shard.is_done(index)]
    size = shard.path.stat().st_size
    groups = [done[i : i + _TOGETHER] for i in range(0, len(done), _TOGETHER)]
    layers = range(len(shard.layout.layers))

    def check(indices: Sequence[int]) -> list[int]:
        bad = [index for index in indices if not shard.is_whole(index)]
        for index in indices:
            shard.advise(index, layers, "MADV_DONTNEED")
        return bad

    damaged = set[int]()
    checked = map_ahead(check, groups, max(1, round(usable_cores())))
    for bad, group in zip(checked, groups, strict=True):
        damaged |= set(bad)
        found.nbytes += shard.layout.nbytes(int(shard.frames[group].sum()), len(group))
        advance(size / len(groups))
    found.checked += len(done)
    if not groups:
        advance(size)
    _find_owners(shard, found, owners, damaged)


def _find_owners(shard: Shard, found: Found, owners: dict[str, Owner], damaged: set[int]) -> None:
    """Note which places of a shard are damaged, and which are of an utterance that has another."""
    for index, name in enumerate(shard.utterances):
        place, is_done = (shard.path, index), shard.is_done(index)
        if index in damaged:
            found.damaged.append(name)
            found.places.append(place)
        elif name in owners and not shard.is_retired(index):
            found.doubled.append(name)
            other, other_is_done = owners[name]
            keeps = other_is_done or not is_done
            found.places.append(place if keeps else other)
            if not keeps:
                owners[name] = place, is_done
        elif not shard.is_retired(index):
            owners[name] = place, is_done


def _gaps(paths: Sequence[Path]) -> list[str]:
    """Say which shards are missing between others of the same part."""
    numbers: dict[str, list[int]] = {}
    for path in paths:
        if match := re.fullmatch(r"(.*-)(\d+)", path.stem):
            numbers.setdefault(match[1], []).append(int(match[2]))
    lost = [
        f"{before}{number:04}.h5"
        for before, known in numbers.items()
        for number in sorted({*range(max(known))} - {*known})
    ]
    return [f"Not there: {', '.join(lost)}; if it was lost, extract again."] if lost else []
