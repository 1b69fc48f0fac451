"""Facts of audio files that are remembered, in a database of featx's cache folder."""

from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple, Self

import soundfile

from featx.data.files.digests import State
from featx.data.files.headers import CHECK
from featx.utils.database import Database

FILE = "files-1.sqlite"  # another number where the table has other columns
_READER = f"{CHECK}:{soundfile.__libsndfile_version__}"  # another may read a header otherwise
_TABLE = """
create table if not exists files (
    path text primary key, size integer, changed integer, content text,
    reader text, frames integer, rate integer
) without rowid;
"""
_FIND = "select content, reader, frames, rate from files where path=? and size=? and changed=?"
_KEEP = "insert or replace into files values (?, ?, ?, ?, ?, ?, ?)"
_WRITTEN = 4_096  # files whose facts are written at once


class Facts(NamedTuple):
    """What a file is, and holds.

    Attributes:
        content: digest of all its bytes, from `digest_file`.
        frames: samples of each channel.
        rate: samples a second, in Hz.
    """

    content: str
    frames: int
    rate: int


class RememberedFiles:
    """What was read of files before: a context, which writes what is new at its end."""

    def __init__(self) -> None:
        self._database = Database(FILE, _TABLE)
        self._new: list[tuple[str | int, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._database.close()

    def recall(
        self, paths: Sequence[Path], states: Sequence[State | str]
    ) -> Sequence[Facts | str | None]:
        """Return what is known of files that are as they were.

        Args:
            paths: the files.
            states: theirs, or why they have none.

        Returns:
            For each its facts; its content alone where headers are read otherwise now; None if
            it is not known.
        """
        asked = [
            (str(path), *state) if isinstance(state, State) and _is_text(path) else None
            for path, state in zip(paths, states, strict=True)
        ]

        def find(connection: Connection) -> list[tuple[object, ...] | None]:
            connection.execute("begin")  # a lock for all of them
            rows = [v and connection.execute(_FIND, v).fetchone() for v in asked]
            connection.rollback()
            return rows

        rows = self._database.attempt(find)
        return list(map(_facts, rows)) if rows else [None] * len(paths)

    def keep(self, path: Path, state: State, facts: Facts) -> None:
        """Remember a file, unless it was changed a moment ago."""
        if state.settled and _is_text(path):
            content, frames, rate = facts
            self._new.append((str(path), *state, content, _READER, frames, rate))
        if len(self._new) >= _WRITTEN:
            self._write()

    def _write(self) -> None:
        rows, self._new = self._new, []

        def write(connection: Connection) -> None:
            with connection:
                connection.executemany(_KEEP, rows)

        if rows:
            self._database.attempt(write)


def _is_text(path: Path) -> bool:
    """Tell whether a path is UTF-8, as databases want it."""
    try:
        return bool(str(path).encode())
    except UnicodeEncodeError:
        return False


def _facts(row: tuple[object, ...] | None) -> Facts | str | None:
    """Return what a row says; None if it was not written by this."""
    if not row:
        return None
    content, reader, frames, rate = row
    if not isinstance(content, str) or len(content) != 32:
        return None
    if reader != _READER or not isinstance(frames, int) or not isinstance(rate, int) or rate < 1:
        return content
    return Facts(content, frames, rate)
