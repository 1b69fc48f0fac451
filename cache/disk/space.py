"""Room on a disk: how much is free, and one error for every way in which it runs out."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cache.errors import DiskFull

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota on the disk is used up",
    errno.EFBIG: "the file system, or `ulimit -f`, takes no file of this size",
}
_SAID = {**{os.strerror(code): code for code in _FULL}, "disk is full": errno.ENOSPC}
_NO_ROOM = 2**20  # bytes free, with which a library that can't write and says no reason lacks room
_UNITS = {"TB": (1e12, 2), "GB": (1e9, 2), "MB": (1e6, 1), "kB": (1e3, 1)}  # size, decimals
_CURE = "Make room, then start the same again: what is finished is kept."


def describe_bytes(number: float) -> str:
    """Return "820 B", "64.1 kB", "12.3 MB" or "5.31 GB", in powers of a thousand."""
    for unit, (size, decimals) in _UNITS.items():
        if round(number / size, decimals) >= 1:
            return f"{number / size:,.{decimals}f} {unit}"
    return f"{number:.0f} B"


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest folder around it that exists."""
    whole = folder.absolute()
    return next(place for place in (whole, *whole.parents) if place.exists())


def free_bytes(folder: Path) -> int:
    """Return how many bytes are free where a folder is or will be."""
    return shutil.disk_usage(existing(folder)).free


def need_and_free(needed: float, free: float) -> str:
    """Return "needs 9.1 MB, 3.0 MB free", exact where both would read the same."""
    texts = describe_bytes(needed), describe_bytes(free)
    if texts[0] == texts[1] and needed != free:
        texts = f"{needed:,.0f} B", f"{free:,.0f} B"
    return f"needs {texts[0]}, {texts[1]} free"


def check_disk(
    folder: Path,
    nbytes: int,
    what: str = "the features",
    instead: str = "choose a folder on another disk, or fewer utterances",
) -> None:
    """Raise a DiskFull if the disk of a folder has no room for so many bytes.

    Args:
        folder: where they are to be written; it need not be there yet.
        nbytes: how many bytes.
        what: what they are.
        instead: what else there is to do but to make room.
    """
    free = free_bytes(folder)
    if nbytes > free:
        raise DiskFull(
            f"{folder}: no room for {what}: {need_and_free(nbytes, free)}. Make room, or {instead}."
        )


@contextmanager
def filling(
    path: Path, needed: int | None = None, unfinished: Path | None = None
) -> Iterator[None]:
    """A block that writes a file: where the disk has no room, it ends in a DiskFull that says so.

    Args:
        path: the file, which the error names.
        needed: how many bytes are written, if that is known.
        unfinished: a file under another name that the block writes first; if the block fails for
            any reason, it is removed.

    Raises:
        DiskFull: if the disk is full, a quota is used up, or the file is larger than it may be.
    """
    try:
        yield
    except BaseException as error:
        code = _full(error, path)
        if unfinished:
            unfinished.unlink(missing_ok=True)
        if code is None:
            raise
        raise _disk_full(code, path, needed) from error


def as_disk_full(
    error: Exception, path: Path | None = None, needed: int | None = None, name: str = ""
) -> DiskFull | None:
    """Return what says that a disk is full, for an error that means it; None for all others.

    Args:
        error: what was raised.
        path: the file that was written; by default the one that the error names, if it does.
        needed: how many bytes were to be written, if that is known.
        name: what was written, if it is no file.
    """
    code = _full(error, path)
    if code is None:
        return None
    named = getattr(error, "filename2", None) or getattr(error, "filename", None)
    if path is None and named is not None:
        path = Path(os.fsdecode(named))
    return _disk_full(code, path, needed, name)


def _full(error: BaseException, path: Path | None = None) -> int | None:
    """Return the system's number for what an error says of a disk without room; None if nothing.

    HDF5, safetensors, SQLite and shutil say it in the text alone; torch, libsndfile and Pillow say
    no more than that they could not write.
    """
    if isinstance(error, DiskFull) or not isinstance(error, Exception):
        return None
    number = getattr(error, "errno", None)
    if number in _FULL:
        return int(number)
    text = str(error)
    for said, code in _SAID.items():
        if said in text:
            return code
    vague = isinstance(error, RuntimeError | AssertionError | OSError) and number is None
    return errno.ENOSPC if path and vague and free_bytes(path.parent) < _NO_ROOM else None


def _disk_full(code: int, path: Path | None, needed: int | None, name: str = "") -> DiskFull:
    problem = _FULL[code]
    numbers = "" if needed is None else f": needs {describe_bytes(needed)}"
    if path and code == errno.ENOSPC:
        free = free_bytes(path.parent)
        known = f"{describe_bytes(free)} free" if needed is None else need_and_free(needed, free)
        now = " now" if needed is not None and needed <= free else ""  # others have made room, say
        numbers = f": {known}{now}"
        if _lacks_inodes(path.parent):
            problem = "the disk can hold no more files, as it has no inodes left"
    name = str(path or name)
    said = f"{name}: {problem}" if name else f"{problem[0].upper()}{problem[1:]}"
    return DiskFull(f"{said}{numbers}. {_CURE}")


def _lacks_inodes(folder: Path) -> bool:
    if not hasattr(os, "statvfs"):
        return False
    disk = os.statvfs(existing(folder))
    return disk.f_files > 0 and disk.f_favail == 0
