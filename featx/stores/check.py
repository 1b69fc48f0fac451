"""A store held against its checksums: shards one after another, utterances in threads."""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cache import DamagedStore, FeatureIdentity, StoreError
from cache.shard import Shard
from featx.stores.contents import STATISTICS
from featx.utils.machine import usable_cores
from featx.utils.parallel import map_ahead
from featx.utils.progress import Advance, progress

_TOGETHER = 16  # utterances that a thread checks at a time
Place = tuple[Path, int]  # a shard, and an utterance's place in it


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

    @property
    def is_damaged(self) -> bool:
        """Whether there is anything that a repair would clear."""
        return bool(self.damaged or self.doubled or self.tables or self.statistics)


def check_store(folder: Path) -> Found:
    """Check all of a store.

    Raises:
        StoreError: if a shard is of another format or holds other features than the others.
    """
    found, owners = Found(), dict[str, Place]()
    paths = sorted(folder.glob("shard-*.h5"))
    total = sum(path.stat().st_size for path in paths)
    with progress(f"Checking {folder.name}", total / 1e6, "MB") as advance:
        for path in paths:
            shard = _open(path, found)
            if shard is not None:
                _check_alike(shard, found)
                _check_shard(shard, found, owners, lambda nbytes: advance(nbytes / 1e6))
            else:
                advance(path.stat().st_size / 1e6)
    found.statistics = [path for path in _statistics(folder) if not _is_whole(path)]
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
    if found.identity is None:
        found.identity = shard.identity
    elif shard.identity != found.identity:
        raise StoreError(
            f"{shard.path}: holds other features than the shards before it. Move it elsewhere."
        )


def _check_shard(shard: Shard, found: Found, owners: dict[str, Place], advance: Advance) -> None:
    """Check the utterances of a shard, in threads, and that none has features elsewhere too."""
    done = [index for index in range(len(shard.utterances)) if shard.is_done(index)]
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
        nbytes = shard.layout.nbytes(int(shard.frames[group].sum()), len(group))
        found.nbytes += nbytes
        advance(nbytes)
    found.checked += len(done)
    advance(shard.path.stat().st_size - shard.layout.nbytes(int(shard.frames[done].sum())))
    for index in range(len(shard.utterances)):
        if shard.is_retired(index):
            continue
        name = shard.utterances[index]
        if index in damaged:
            found.damaged.append(name)
            found.places.append((shard.path, index))
        elif name in owners:
            found.doubled.append(name)
            found.places.append((shard.path, index))
        else:
            owners[name] = shard.path, index


def _statistics(folder: Path) -> list[Path]:
    return sorted((folder / STATISTICS).glob("*.npz"))


def _is_whole(path: Path) -> bool:
    """Tell whether the sums in an .npz are right."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, RuntimeError, NotImplementedError):
        return False


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
