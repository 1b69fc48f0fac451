"""Copies of remote files in featx's cache, which holds so many bytes of them and no more."""

import contextlib
import hashlib
import os
import secrets
import threading
import time
from pathlib import Path, PurePosixPath

from featx.utils.files import cache_folder, portable_name
from featx.utils.remote.problems import RemoteError
from featx.utils.remote.server import download, look_up

LIMIT = "FEATX_REMOTE_GB"
_LOCKS = 64  # files that are fetched at once, at most
_IN_USE = 60.0  # seconds for which a file that was asked for stays
_KEEP = 0.9  # of the limit that stays when copies are removed
_THIS_PROCESS = secrets.token_hex(8)  # stands for a version that a server does not tell
_lock = threading.Lock()
_held: dict[Path, int] = {}  # bytes that lie in a folder of copies, as far as is known


def copies_folder() -> Path:
    """Return where copies of remote files lie."""
    return cache_folder() / "remote" / "files"


def is_kept(url: str) -> bool:
    """Tell whether there is a copy of a file as it is now.

    Raises:
        OSError: if the file is not there.
        RemoteError: if the server can't be used at all.
    """
    return _copy(url).is_file()


def fetch(url: str) -> Path:
    """Return a copy of a file as it is now, fetched if it is not there.

    It stays for a minute at least. Threads and processes that want the same file fetch it once.

    Raises:
        OSError: if the file is not there, or can't be read.
        RemoteError: if the server can't be used at all.
        DiskFull: if the disk is too small.
    """
    copy = _copy(url)
    if _touched(copy):
        return copy
    from filelock import FileLock

    folder = copies_folder()
    try:
        (folder / "locks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RemoteError(
            f"{folder}: can't be made ({error.strerror}). Set FEATX_CACHE to a folder that can be "
            "written to."
        ) from error
    with FileLock(folder / "locks" / f"{int(copy.name[:8], 16) % _LOCKS}.lock"):
        if not _touched(copy):
            unfinished = folder / f".{os.getpid()}.{threading.get_ident()}.{copy.name}"
            try:
                download(url, unfinished)
                unfinished.replace(copy)
            finally:
                unfinished.unlink(missing_ok=True)
            _make_room(folder, copy.stat().st_size)
    return copy


def _copy(url: str) -> Path:
    entry = look_up(url)
    known = f"{url}\n{entry.size}\n{entry.version or _THIS_PROCESS}"
    suffix = portable_name(PurePosixPath(url.partition("?")[0]).suffix)
    return copies_folder() / f"{hashlib.sha256(known.encode()).hexdigest()[:40]}{suffix}"


def _touched(copy: Path) -> bool:
    """Tell whether a copy is there, and note that it was asked for."""
    try:
        os.utime(copy)
    except OSError:
        return copy.is_file()  # of another user, perhaps
    return True


def _limit() -> float:
    text = os.environ.get(LIMIT, "20")
    try:
        return float(text) * 1e9
    except ValueError:
        raise RemoteError(f"{LIMIT} is {text!r}, and must be a number of GB.") from None


def _make_room(folder: Path, size: int) -> None:
    """Count a new copy, and remove those that were not asked for longest if there are too many.

    The folder is listed when that is likely: other processes add to it too.
    """
    with _lock:
        limit = _limit()
        before = _held.get(folder)
        _held[folder] = (before or 0) + size
        if before is not None and _held[folder] <= limit:
            return
        copies = []
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file():
                        copies.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
        total = sum(size for _, size, _ in copies)
        if total > limit:
            for used, size, path in sorted(copies):
                if total <= _KEEP * limit or used > time.time() - _IN_USE:
                    break
                with contextlib.suppress(OSError):
                    Path(path).unlink()
                    total -= size
        _held[folder] = total
