"""The disk where features are to be stored."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from cache import describe_bytes, existing, free_bytes
from featx.diagnosis.check import Check, State
from featx.utils.text import first_line

LITTLE_SPACE = 10e9  # bytes; all layers of wav2vec2-base of RAVDESS take 5.3 GB
TOO_LITTLE_SPACE = 1e9  # bytes
SLOW = 50e6  # bytes a second; a GPU writes features faster
TRIED = 64 * 2**20  # bytes
PIECE = 4 * 2**20  # bytes
PATIENCE = 2.0  # seconds
_ELSEWHERE = "Store features on another disk: --out"


def check_disk(folder: Path) -> Iterator[Check]:
    """Check free space, the speed of writing, and locks, where a folder is or will be."""
    place = existing(folder)
    name = f"disk, {folder}"
    free = free_bytes(place)
    state: State = (
        "ok" if free > LITTLE_SPACE else "warning" if free > TOO_LITTLE_SPACE else "problem"
    )
    cure = "" if state == "ok" else f"Free space, or: {_ELSEWHERE}"
    yield Check(name, f"{describe_bytes(free)} free", state, cure)
    try:
        with TemporaryDirectory(dir=place, prefix=".featx-") as scratch:
            yield _try_writing(f"{name}: writing", Path(scratch))
            yield _try_locking(f"{name}: locks", Path(scratch))
    except OSError as error:
        found = f"{place} can't be written to: {first_line(error)}"
        yield Check(f"{name}: writing", found, "problem", _ELSEWHERE)


def _try_writing(name: str, folder: Path) -> Check:
    """Write 64 MB, or less if that takes too long, until the disk has them."""
    piece = os.urandom(PIECE)
    done, begin = 0, time.monotonic()
    with (folder / "speed").open("wb", buffering=0) as file:
        while done < TRIED and time.monotonic() - begin < PATIENCE:
            done += file.write(piece)
            os.fsync(file.fileno())  # a piece at a time, so that the end is not waited for
    speed = done / (time.monotonic() - begin)
    found = f"{describe_bytes(speed)} a second"
    if speed < SLOW:
        return Check(name, found, "warning", f"{_ELSEWHERE}, such as a local one")
    return Check(name, found)


def _try_locking(name: str, folder: Path) -> Check:
    """Lock a file, and see that it can't be locked again."""
    from filelock import FileLock, Timeout

    held, other = FileLock(folder / "lock"), FileLock(folder / "lock", is_singleton=False)
    try:
        with held:
            try:
                other.acquire(timeout=0)
            except Timeout:
                return Check(name, "work")
            other.release()
    except (OSError, NotImplementedError) as error:
        found = f"do not work: {first_line(error)}"
    else:
        found = "do not work: a file could be locked twice"
    with suppress(OSError):
        (folder / "lock").unlink(missing_ok=True)
    cure = f"Never let two processes write to a store here, or: {_ELSEWHERE}"
    return Check(name, found, "problem", cure)
