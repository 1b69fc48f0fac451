"""Arrays in an .npz: all of them, or none where any bit of it may be another."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from featx.utils.files import replace

_BROKEN = (
    OSError, ValueError, LookupError, EOFError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def npz_is_whole(path: Path) -> bool:
    """Tell whether a file is an .npz and all its checksums are right."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except _BROKEN:
        return False


def read_npz(path: Path) -> dict[str, np.ndarray] | None:
    """Return the arrays of a file that featx can make again; None if it is absent or damaged.

    All of it is checked first: numpy reads no further than an array's header says, and so may never
    come to the checksum.
    """
    if not npz_is_whole(path):
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except _BROKEN:
        return None


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by their names, complete or not at all.

    Raises:
        DiskFull: if the disk has no room for them; what was there before stays.
    """
    replace(path, lambda unfinished: np.savez(unfinished, allow_pickle=False, **arrays))
