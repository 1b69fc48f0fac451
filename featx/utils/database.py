"""A database of what can be measured again, in featx's cache folder.

It can be deleted at any time. Several processes can use it, and be killed at any moment. Where it
can't be read or written, nothing is remembered, and that is all.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from featx.utils.files import cache_folder

_PATIENCE = 5.0  # seconds to wait for another process's writing
Result = TypeVar("Result")
log = logging.getLogger("featx")


class Database:
    """A file of tables, which threads can share.

    Args:
        name: the file's name, with another number where the tables have other columns.
        tables: what creates them where they are not.
    """

    def __init__(self, name: str, tables: str) -> None:
        self._path, self._tables = Path(name), tables
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._mended = False
        self._open()

    def attempt(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Return what `work` does; None, and a database anew or none, if the database fails."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                return work(self._connection)
            except sqlite3.Error as error:
                self._give_up(error)
                return None

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> None:
        try:
            self._path = cache_folder() / self._path.name
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, _PATIENCE, check_same_thread=False)
            self._connection.executescript(self._tables)
        except (sqlite3.Error, OSError, RuntimeError) as error:  # RuntimeError: nobody's home
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Begin a damaged database anew, once; where it can't be used at all, do without."""
        log.debug("%s: can't be used, so that nothing is remembered (%s)", self._path, error)
        self.close()
        self._connection = None
        damaged = isinstance(error, sqlite3.DatabaseError)
        if damaged and not isinstance(error, sqlite3.OperationalError) and not self._mended:
            self._mended = True
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                return
            self._open()
