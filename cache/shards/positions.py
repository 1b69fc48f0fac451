"""Reading and writing at known positions of a file, as a store does outside HDF5."""

from collections.abc import Iterable
from io import FileIO
from pathlib import Path

import numpy as np
from zlib_ng import zlib_ng

_PIECE = 2**24  # bytes read at once
Region = tuple[int, int]  # where it begins in a file and ends, in bytes


def write_at(file: FileIO, position: int, values: np.ndarray | np.generic) -> None:
    """Write the bytes of values at a position, in as many writes as the system makes of them."""
    rest = np.atleast_1d(values).view(np.uint8).reshape(-1).data
    file.seek(position)
    while rest:
        rest = rest[file.write(rest) :]


def read_at(path: Path, position: int, count: int, dtype: np.dtype) -> np.ndarray:
    """Return values at a position of a file, copied.

    Raises:
        OSError: if the file can't be read, or ends before.
    """
    values = np.fromfile(path, dtype, count, offset=position)
    if len(values) != count:
        raise OSError(f"{path} ends too early")
    return values


def checksum_without(path: Path, left_out: Iterable[Region]) -> int:
    """Return the CRC-32 of a file's bytes without some regions of it, which may overlap.

    Raises:
        OSError: if the file can't be read.
    """
    checksum = place = 0
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for begin, end in [*sorted(left_out), (size, size)]:
            file.seek(place)
            while place < begin and (piece := file.read(min(_PIECE, begin - place))):
                checksum = zlib_ng.crc32(piece, checksum)
                place += len(piece)
            place = max(place, end)
    return checksum
