"""A new HDF5 file, also on a disk that has no room for it.

HDF5 itself says nothing where its last bytes can't be written, leaves a broken file, and crashes
when the process ends. So it writes through Python here, which keeps the system's error for later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import h5py

from cache.disk.space import as_disk_full, filling


@contextmanager
def new_hdf5(path: Path, final: Path | None = None, **options: Any) -> Iterator[h5py.File]:
    """Give a new HDF5 file to fill; where the block fails or the disk is full, it is removed.

    Args:
        path: the file; replaced if it is there.
        final: what it will be called at last, for the error.
        options: of `h5py.File`.

    Raises:
        DiskFull: if the disk has no room for it.
    """
    try:
        with (
            filling(final or path),
            _Forbearing(path, "w+b") as file,
            h5py.File(file, "w", **options) as hdf5,
        ):
            yield hdf5
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if file.failure:
        path.unlink()
        raise as_disk_full(file.failure, final or path, file.size) or file.failure


class _Forbearing(FileIO):
    """A file that takes all that is written to it, and keeps the error if the disk does not.

    Attributes:
        failure: the first error.
        size: how many bytes the file has, or would have.
    """

    failure: OSError | None = None
    size = 0

    def write(self, values: Any) -> int:
        """Write all values, or none of them any more."""
        rest = memoryview(values).cast("B")
        size = len(rest)
        self.size = max(self.size, self.tell() + size)
        try:
            while rest and not self.failure:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failure = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the file's size, if the disk takes it."""
        self.size = size or 0
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return size or 0
