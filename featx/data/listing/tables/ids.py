"""Ids of utterances that a table doesn't name."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple


class RowName(NamedTuple):
    """What an utterance can be called by: its id, or its file and times."""

    utterance: str
    path: str
    start: str
    end: str


def name_rows(rows: Sequence[RowName]) -> list[str]:
    """Return the id of each row: its own, or else its path without the ending.

    Files that differ in the ending alone keep it, and the times are added where several rows cut
    one file.
    """
    paths = [_plain(row.path) for row in rows]
    often = Counter(_stem(path) for path in dict.fromkeys(paths))
    stems = [path if often[_stem(path)] > 1 else _stem(path) for path in paths]
    cuts = Counter(stem for stem, row in zip(stems, rows, strict=True) if not row.utterance)
    return [
        row.utterance or (_with_times(stem, row) if cuts[stem] > 1 else stem)
        for stem, row in zip(stems, rows, strict=True)
    ]


def repeats(names: Sequence[str], lines: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Yield the line of each name's first row, that of a later one, and the name."""
    first: dict[str, int] = {}
    for name, line in zip(names, lines, strict=True):
        if first.setdefault(name, line) != line:
            yield first[name], line, name


def _plain(path: str) -> str:
    return PurePath(path.replace("\\", "/")).as_posix()


def _stem(path: str) -> str:
    return PurePath(path).with_suffix("").as_posix() if PurePath(path).name else path


def _with_times(stem: str, row: RowName) -> str:
    return f"{stem}:{row.start or 0}-{row.end}" if row.start or row.end else stem
