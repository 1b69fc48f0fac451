"""Sounds that were measured before, remembered by what their files hold.

They are kept in a database in featx's cache folder, which can be deleted at any time. A file is
known by its path, size and times, so that nothing of it is read; else by its content, under
whatever name. Several processes can use the database, and be killed at any moment. Where it can't
be read or written, nothing is remembered, and that is all.
"""

import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from featx.data.manifest import Utterance
from featx.data.sounds.sound import MEASUREMENT, Sound
from featx.utils.files import cache_folder

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
_PATIENCE = 5.0  # seconds to wait for another process's writing
_TOGETHER = 64  # sounds written at once
_UNSETTLED = 2.0  # seconds in which a file can change again without another time
Result = TypeVar("Result")
log = logging.getLogger("featx")


class State(NamedTuple):
    """By what a file is known without being read: its size, and when it was changed, in ns."""

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> "State":
        """Return a file's state; the later of its times, as copying tools set the first of them.

        Raises:
            OSError: if there is no such file.
        """
        found = path.stat()
        return cls(found.st_size, max(found.st_mtime_ns, found.st_ctime_ns))


def digest_file(path: Path) -> str:
    """Return a digest of what a file holds.

    Raises:
        OSError: if it can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


class RememberedSounds:
    """The sounds that were measured before: a context, which writes what is new at its end."""

    def __init__(self) -> None:
        self._path = Path(FILE)
        self._lock = threading.Lock()
        self._files: list[tuple[str, int, int, str]] = []
        self._sounds: list[tuple[str, str, str, str, bytes]] = []
        self._connection: sqlite3.Connection | None = None
        self._mended = False
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        if self._connection is not None:
            self._connection.close()

    def recall(self, utterance: Utterance) -> Sound | None:
        """Return the sound of an utterance whose file is as it was; None if it is not known."""
        try:
            state = State.of(utterance.path)
        except OSError:
            return None
        row = self._ask(_FIND_CONTENT, (str(utterance.path), *state))
        return self.find(row[0], utterance) if row else None

    def find(self, content: str, utterance: Utterance) -> Sound | None:
        """Return the sound of an utterance in a file of that content; None if it is not known."""
        row = self._ask(_FIND, (content, _part(utterance), _MEASUREMENT))
        try:
            return _read(*row) if row else None
        except (TypeError, ValueError):  # not written by this
            return None

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
        if state.changed < time.time_ns() - int(_UNSETTLED * 1e9):
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
            self._try(write)

    def _ask(self, question: str, values: tuple[str | int, ...]) -> tuple[Any, ...] | None:
        return self._try(lambda connection: connection.execute(question, values).fetchone())

    def _try(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Return what the database answers; None, and a database anew or none, if it fails."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                return work(self._connection)
            except sqlite3.Error as error:
                self._give_up(error)
                return None

    def _open(self) -> None:
        try:
            self._path = cache_folder() / FILE
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, _PATIENCE, check_same_thread=False)
            self._connection.executescript(_TABLES)
        except (sqlite3.Error, OSError, RuntimeError) as error:  # RuntimeError: nobody's home
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Begin a damaged database anew, once; where it can't be used at all, do without."""
        log.debug("%s: can't be used, so that sounds are measured again (%s)", self._path, error)
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        damaged = isinstance(error, sqlite3.DatabaseError)
        if damaged and not isinstance(error, sqlite3.OperationalError) and not self._mended:
            self._mended = True
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                return
            self._open()


_NAMES = ",".join(field.name for field in fields(Sound))
_MEASUREMENT = f"{MEASUREMENT}:{_NAMES}"


def _part(utterance: Utterance) -> str:
    return f"{utterance.start} {utterance.end} {utterance.scale}"


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
