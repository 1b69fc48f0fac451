"""The stores that there are, with what each takes and when it was used."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import FeatureStore, StoreError, describe_bytes, find_shards
from featx.features.stores.folders import ROOT
from featx.stores.contents import disk_bytes
from featx.stores.find import find_all
from featx.stores.used import last_used
from featx.utils.arguments import checked

_HEADER = ("store", "model", "done", "planned", "layers", "size", "written", "used")


@dataclass(frozen=True)
class StoreSummary:
    """A store in a line.

    Attributes:
        folder: where it is.
        model: the encoder or acoustic features, or what imported features are called.
        done: how many utterances have features.
        planned: how many utterances it has room for.
        layers: how many layers it has.
        nbytes: all files in the folder.
        written: when features were last written, in seconds since 1970.
        used: when they were last read for a fit, a probe or the like; None if that is not known.
        problem: why the store can't be opened, and nothing else is known of it; None if it can.
    """

    folder: Path
    model: str
    done: int
    planned: int
    layers: int
    nbytes: int
    written: float
    used: float | None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "store": str(self.folder),
            "model": self.model,
            "done": self.done,
            "planned": self.planned,
            "layers": self.layers,
            "bytes": self.nbytes,
            "written": self.written,
            "used": self.used,
            "problem": self.problem,
        }


@dataclass(frozen=True)
class StoreList:
    """The stores of a folder.

    Attributes:
        stores: a line each.
    """

    stores: tuple[StoreSummary, ...]

    def to_text(self) -> str:
        """Return a table, and below it why stores can't be opened."""
        if not self.stores:
            return "There are no stores here."
        rows = [_HEADER, *map(_row, self.stores)]
        problems = [store.problem for store in self.stores if store.problem]
        total = sum(store.nbytes for store in self.stores)
        return "\n".join([*align(rows), f"{describe_bytes(total)} in all", *problems])

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"stores": [store.to_json() for store in self.stores]}


@checked
def list_stores(folder: str | Path = ROOT) -> StoreList:
    """List the feature stores in a folder, at any depth. Nothing is checked against checksums.

    Args:
        folder: where to look.

    Returns:
        What each store holds, how large it is, and when it was written and used.

    Raises:
        FeatxError: if there is no such folder.

    Example:
        >>> [(store.model, store.done) for store in featx.list_stores().stores]
        [('encoder', 18)]
    """
    return StoreList(tuple(map(summarise, find_all(Path(folder)))))


def summarise(folder: Path) -> StoreSummary:
    """Return a store's line."""
    written = max(path.stat().st_mtime for path in find_shards(folder))
    nbytes, used = disk_bytes(folder), last_used(folder)
    try:
        store = FeatureStore(folder)
    except StoreError as error:
        return StoreSummary(folder, "", 0, 0, 0, nbytes, written, used, str(error))
    return StoreSummary(
        folder=folder,
        model=store.identity.encoder,
        done=sum(map(store.is_done, store.utterances)),
        planned=len(store.utterances),
        layers=len(store.layout.layers),
        nbytes=nbytes,
        written=written,
        used=used,
    )


def _row(store: StoreSummary) -> tuple[str, ...]:
    times = (ago(store.written), "-" if store.used is None else ago(store.used))
    if store.problem:
        return (store.folder.as_posix(), "?", "?", "?", "?", describe_bytes(store.nbytes), *times)
    counts = (f"{store.done:,}", f"{store.planned:,}", str(store.layers))
    return (store.folder.as_posix(), store.model, *counts, describe_bytes(store.nbytes), *times)


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose first two columns are words."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def ago(moment: float) -> str:
    """Return "3 days ago": how long ago a time was, in seconds since 1970, in one unit."""
    seconds = max(0.0, time.time() - moment)
    for unit, factor in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= factor:
            number = int(seconds // factor)
            return f"{number:,} {unit}{'' if number == 1 else 's'} ago"
    return "just now"
