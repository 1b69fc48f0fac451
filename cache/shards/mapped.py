"""A shard's file as memory, or as something to read from where it can't be mapped."""

import mmap

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]
from functools import cached_property
from pathlib import Path
from weakref import WeakSet

import numpy as np

from cache.errors import StoreError
from cache.shards.positions import read_at

_mappings: WeakSet[mmap.mmap] = WeakSet()  # of all stores that are open


class MappedFile:
    """A file of which values are read at known positions, without HDF5.

    Its size never changes: where it does, another file has taken its place.

    Args:
        path: the file.
        mapped: map it, for which it stays open, as far as so many files may be open; else values
            are copied.

    Raises:
        OSError: if there is no such file.
    """

    def __init__(self, path: Path, mapped: bool) -> None:
        self.path, self.mapped = path, mapped
        self._size = path.stat().st_size

    @cached_property
    def mapping(self) -> mmap.mmap | None:
        """The mapped file; None if it is not to be mapped, or can't be."""
        if not self.mapped or len(_mappings) >= open_files() // 2:
            return None
        try:
            with self.path.open("rb") as file:
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError:
            return None
        self._check_size(len(mapping))
        _mappings.add(mapping)
        return mapping

    def values(self, position: int, count: int, dtype: np.dtype) -> np.ndarray:
        """Return values at a position, read-only, copied if the file is not mapped.

        Raises:
            OSError: if the file can't be read, or ends before.
            StoreError: if it is another file by now.
        """
        if self.mapping is not None:
            return np.ndarray((count,), dtype, self.mapping, position)
        self._check_size(self.path.stat().st_size)
        values = read_at(self.path, position, count, dtype)
        values.flags.writeable = False
        return values

    def _check_size(self, size: int) -> None:
        if size != self._size:
            raise StoreError(
                f"{self.path}: was pruned, repaired or compressed since it was opened. Start again."
            )

    def advise(self, begin: int, end: int, advice: str) -> None:
        """Tell the system what becomes of mapped memory.

        Args:
            begin: where in the file what is meant begins.
            end: where it ends.
            advice: the name of one of mmap's constants.
        """
        if self.mapping is None or not hasattr(mmap, advice):  # a system such as Windows
            return
        page = begin - begin % mmap.PAGESIZE
        self.mapping.madvise(getattr(mmap, advice), page, end - page)


def open_files() -> int:
    """Return how many files a process may have open; a number for those without a limit."""
    usual = 8192
    if resource is None:
        return usual
    limit: int = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return usual if limit == resource.RLIM_INFINITY else limit
