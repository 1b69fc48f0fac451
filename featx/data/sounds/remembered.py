"""Sounds that were measured before, remembered by what their files hold.

They are kept in a database in featx's cache folder. A file is known by its path, size and times,
so that nothing of it is read; else by its content, under whatever name.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Self

from featx.data.files.digests import State
from featx.data.manifest import Utterance
from featx.data.sounds.sound import MEASUREMENT, Sound
from featx.utils.database import Database

FILE = "sounds-1.sqlite"  # another number where the tables have other columns
_TABLES = """
create table if not exists files (
    path text primary key, size integer, changed integer, content text
) without rowid;
create table if not exists sounds (
    content text, part text, measurement text, sound text, fingerprint blob,
    primary key (content, part, measurement)
) without rowid;
"""
_FIND = "select sound, fingerprint from sounds where content = ? and part = ? and measurement = ?"
_FIND_CONTENT = "select content from files where path = ? and size = ? and changed = ?"
_TOGETHER = 64  # sounds written at once


class RememberedSounds:
    """The sounds that were measured before: a context, which writes what is new at its end."""

    def __init__(self) -> None:
        self._database = Database(FILE, _TABLES)
        self._files: list[tuple[str, int, int, str]] = []
        self._sounds: list[tuple[str, str, str, str, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._database.close()

    def recall(self, utterances: Sequence[Utterance]) -> list[Sound | None]:
        """Return the sounds of utterances whose files are as they were; None of those not known.

        Args:
            utterances: best those of one file after each other; the database is locked once for
                all of them.
        """
        states = {path: _state(path) for path in dict.fromkeys(u.path for u in utterances)}

        def find(connection: sqlite3.Connection) -> list[tuple[Any, ...] | None]:
            connection.execute("begin")
            contents = {
                path: connection.execute(_FIND_CONTENT, (str(path), *state)).fetchone()
                for path, state in states.items()
                if state
            }
            rows = [
                (content := contents.get(u.path))
                and connection.execute(_FIND, (*content, _part(u), _MEASUREMENT)).fetchone()
                for u in utterances
            ]
            connection.rollback()
            return rows

        rows = self._database.attempt(find)
        return list(map(_sound, rows)) if rows else [None] * len(utterances)

    def find(self, content: str, utterance: Utterance) -> Sound | None:
        """Return the sound of an utterance in a file of that content; None if it is not known."""
        asked = content, _part(utterance), _MEASUREMENT
        return _sound(
            self._database.attempt(lambda connection: connection.execute(_FIND, asked).fetchone())
        )

    def keep(self, utterance: Utterance, state: State, content: str, sound: Sound) -> None:
        """Remember a sound.

        Args:
            utterance: whose sound it is.
            state: that of its file before it was read.
            content: what `digest_file` says of it.
            sound: what was measured.
        """
        values = {name: value for name, value in asdict(sound).items() if name != "fingerprint"}
        text = json.dumps(values, default=float)
        row = (content, _part(utterance), _MEASUREMENT, text, sound.fingerprint)
        self._sounds.append(row)
        if state.settled:
            self._files.append((str(utterance.path), *state, content))
        if len(self._sounds) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        files, self._files = self._files, []
        sounds, self._sounds = self._sounds, []

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("insert or replace into files values (?, ?, ?, ?)", files)
                connection.executemany(
                    "insert or replace into sounds values (?, ?, ?, ?, ?)", sounds
                )

        if sounds:
            self._database.attempt(write)


_NAMES = ",".join(field.name for field in fields(Sound))
_MEASUREMENT = f"{MEASUREMENT}:{_NAMES}"


def _part(utterance: Utterance) -> str:
    return f"{utterance.start} {utterance.end} {utterance.scale}"


def _state(path: Path) -> State | None:
    try:
        return State.of(path)
    except OSError:
        return None


def _sound(row: tuple[Any, ...] | None) -> Sound | None:
    """Return the sound in a row; None if there is none, or it was not written by this."""
    try:
        return _read(*row) if row else None
    except (TypeError, ValueError):
        return None


def _read(text: str, fingerprint: bytes) -> Sound:
    """Return a sound as it was kept.

    Raises:
        TypeError: if its fields are others.
        ValueError: if it is damaged.
    """
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
    }
    if not isinstance(fingerprint, bytes) or len(fingerprint) % 4:
        raise ValueError(fingerprint)
    return Sound(fingerprint=fingerprint, **values)
