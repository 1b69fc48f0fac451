"""One writer of a folder at a time, or several that write parts of it.

A writer holds a lock until it ends, however it ends: `.lock` in the folder, or `.NAME.lock` beside
a folder that will be replaced by another. A writer of a part, such as the second of eight, holds
`.lock.2of8`. A writer of the whole excludes every other; writers of parts exclude a writer of the
whole, those of the same part, and those of another division, whose parts overlap theirs. To hold
no lock while another is being looked for, each looks and takes, or gives back, while it holds
`.lock.gate`, for a moment. Beside each lock lies a note, `.lock.json`, of who holds it.

Locks are the system's (flock), which end with the process. Where a file system has none, a file
stands for the lock, with the process in it: a dead one of this host is found out, and for one of
another host the message names the file. After the last writer none of these files is left.
"""

import errno
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from cache.disk.note import Note, note_file, read_note
from cache.disk.space import as_disk_full
from cache.errors import InUseError, StoreError

_LACKS_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
_PART = re.compile(r"\d+of(\d+)")
_GATE_SECONDS = 30  # a thousand parts may start at once
_SOFT = ".process"  # ends the name of a file that stands for a lock
_held: set[tuple[object, ...]] = set()  # by this process: the same thread may ask again


@contextmanager
def writing(
    folder: Path,
    doing: str = "extracting features",
    *,
    part: str | None = None,
    within: bool = True,
    instead: str = "another folder",
) -> Iterator[None]:
    """Keep other processes from writing to a folder until the block ends.

    A thread that writes to the folder already may ask again. Readers need no lock.

    Args:
        folder: the folder; it is made if the lock lies in it, and removed if nothing comes into
            it. Or else a file, if the lock lies beside it.
        doing: what is done, as the message to another writer says it.
        part: the part of the folder that is written, such as "2of8"; None for all of it.
        within: whether the lock lies in the folder, and not beside it, as for a folder that will
            be renamed or replaced.
        instead: what another writer can choose.

    Raises:
        InUseError: if another writer is at work: who, on which host, since when.
        StoreError: if the folder can't be written to, or there is a file in its place.
        DiskFull: if the disk can't hold even that.
    """
    if within and folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file, and a folder is needed. Choose another folder.")
    lock = lock_file(folder, within)
    key = (os.getpid(), threading.get_ident(), lock.absolute(), part)
    if key in _held:
        yield
        return
    absent = [path for path in (lock.parent, *lock.parent.parents) if not path.exists()]
    try:
        held = _Writer(folder, lock, part, instead).take(doing)
    except OSError as error:
        raise as_disk_full(error, lock) or StoreError(
            f"{folder}: can't be written to ({error.strerror or error}), which {doing} needs. "
            f"Choose {instead}, or see to it that this one can be written to."
        ) from error
    _held.add(key)
    try:
        yield
    finally:
        _held.discard(key)
        held.give_back()
        with suppress(OSError):  # those that are not empty
            for path in absent:
                path.rmdir()


def lock_file(folder: Path, within: bool = True) -> Path:
    """Return where the lock of a folder lies while it is held, or after a kill."""
    return folder / ".lock" if within else folder.with_name(f".{folder.name}.lock")


@dataclass(frozen=True)
class _Writer:
    """A writer that asks for a lock.

    Attributes:
        folder: what is written to.
        lock: the lock of the whole folder.
        part: what part of it is written; None for all of it.
        instead: what can be chosen if another writer is at work.
    """

    folder: Path
    lock: Path
    part: str | None
    instead: str

    @property
    def _own(self) -> Path:
        return self.lock if self.part is None else _with(self.lock, f".{self.part}")

    def take(self, doing: str) -> "_Held":
        """Take the lock, unless another writer is at work."""
        for _ in range(20):
            self.lock.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # removed by its maker, who wrote nothing into it
                return self._take(doing)
        return self._take(doing)

    def _take(self, doing: str) -> "_Held":
        note = Note.of_this_process(doing if self.part is None else f"{doing}, part {self.part}")
        with _gate(self.lock):
            for other in self._rivals():
                _give_back(self._acquire(other), other)  # what a dead writer left
            held = self._acquire(self._own)
            with suppress(OSError):  # a disk that is full has no room for it
                note.write(note_file(self._own))
        return _Held(held, self.lock, self._own, note)

    def _rivals(self) -> list[Path]:
        """Return the locks of others that this writer can't be at work with, as far as there."""
        names = {path.name.removesuffix(_SOFT) for path in self.lock.parent.iterdir()}
        found = [] if self.part is None else [self.lock]
        for name in sorted(names):
            start, _, part = name.rpartition(".")
            division = _PART.fullmatch(part)
            if start == self.lock.name and division and not self._goes_with(division):
                found.append(self.lock.with_name(name))
        return found

    def _goes_with(self, other: re.Match[str]) -> bool:
        own = _PART.fullmatch(self.part or "")
        return own is not None and own[1] == other[1]

    def _acquire(self, lock: Path) -> BaseFileLock:
        try:
            return _acquire(lock)
        except Timeout as refused:
            raise self._in_use(lock, Path(refused.lock_file)) from None

    def _in_use(self, lock: Path, file: Path) -> InUseError:
        note = read_note(note_file(lock))
        who = note.describe() if note else "another process is at work"
        hint = ""
        if file.name.endswith(_SOFT) and not (note and note.host == socket.gethostname()):
            hint = f" If that process has ended, delete {file}: this file system has no locks."
        return InUseError(
            f"{self.folder} is being written to: {who}. Wait until that has ended, or choose "
            f"{self.instead}.{hint}"
        )


@dataclass(frozen=True)
class _Held:
    """A lock that is held: `own`, of all or a part of what `lock` is of."""

    held: BaseFileLock
    lock: Path
    own: Path
    note: Note

    def give_back(self) -> None:
        try:
            with suppress(OSError), _gate(self.lock):
                if read_note(note_file(self.own)) in (
                    self.note,
                    None,
                ):  # else the folder is another by now
                    _give_back(self.held, self.own)
        finally:
            self.held.release()


@contextmanager
def _gate(lock: Path) -> Iterator[None]:
    """Be the only process that takes or gives back locks of a folder."""
    path = _with(lock, ".gate")
    if not path.parent.exists():  # it would be made again
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    gate = _acquire(path, _GATE_SECONDS)
    try:
        yield
    finally:
        _give_back(gate, path)


def _acquire(path: Path, seconds: float = 0) -> BaseFileLock:
    """Lock a file, or where the file system has no locks, make a file that stands for the lock.

    Raises:
        Timeout: if another process has it.
        OSError: if the file can't be made.
    """
    options: dict[str, Any] = {"timeout": seconds, "poll_interval": 0.02}
    native = FileLock(path, mode=0o666, fallback_to_soft=False, **options)  # for whoever may write
    try:
        native.acquire()
        return native
    except OSError as error:
        if error.errno not in _LACKS_LOCKS:
            raise
    path.unlink(missing_ok=True)
    soft = SoftFileLock(_with(path, _SOFT), **options)
    soft.acquire()
    return soft


def _give_back(held: BaseFileLock, path: Path) -> None:
    """Remove a lock's files while it is held, then let go of it."""
    for file in (note_file(path), path):
        with suppress(OSError):  # Windows removes no open file
            file.unlink(missing_ok=True)
    held.release()


def _with(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
