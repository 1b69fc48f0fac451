"""One HDF5 file of a store, whose metadata never changes after creation.

The file holds `features` (layers, frames, dim) with the utterances' frames one after another,
and for each utterance `utterance`, `samples`, `frame_offset` (one more, the end), `source`,
`checksum` and `done`. All are contiguous and allocated at creation, so later writes go to known
positions in the file and never through HDF5: a process killed at any moment leaves a valid file.
"""

import errno
import json
import mmap
import os
import zlib
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cache.errors import FeatxError, StoreError
from cache.identity import FeatureIdentity
from cache.layout import Layout, PlannedUtterance

FORMAT = 1  # raised when a file's meaning changes
MARKS: dict[str, np.dtype[Any]] = {  # written after an utterance's features, in this order
    "source": np.dtype(np.uint64),
    "checksum": np.dtype(np.uint32),
    "done": np.dtype(np.uint8),
}
PAGE = 4096  # bytes; features start on a page of their own


def create_shard(
    path: Path,
    plan: Sequence[PlannedUtterance],
    layout: Layout,
    identity: FeatureIdentity,
    software: Mapping[str, str],
) -> None:
    """Write a shard with room for every planned utterance and none of them done.

    The file appears under its name only when it is complete.

    Args:
        path: the file to make.
        plan: the utterances, in the order of their frames.
        layout: layers, dim and dtype of the features.
        identity: what the features are.
        software: the versions that compute them.
    """
    frame_offset = np.cumsum([0, *(planned.frames for planned in plan)], dtype=np.int64)
    names = np.array([planned.utterance.encode() for planned in plan])
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with h5py.File(unfinished, "w", alignment_threshold=PAGE, alignment_interval=PAGE) as file:
        file.attrs["format"] = FORMAT
        file.attrs["layers"] = list(layout.layers)
        file.attrs["identity"] = json.dumps(identity.to_json(), sort_keys=True)
        file.attrs["software"] = json.dumps(software, sort_keys=True)
        shape = (len(layout.layers), int(frame_offset[-1]), layout.dim)
        _allocate(file, "features", shape, np.dtype(layout.dtype))
        text = h5py.string_dtype("utf-8", names.dtype.itemsize)
        file.create_dataset("utterance", data=names.astype(text), dtype=text)
        file["samples"] = np.array([planned.samples for planned in plan], dtype=np.int64)
        file["frame_offset"] = frame_offset
        for name, dtype in MARKS.items():
            _allocate(file, name, (len(plan),), dtype)
            file[name][:] = 0
    _reserve(unfinished)
    unfinished.replace(path)


def _reserve(path: Path) -> None:
    """Take the file's whole size from the disk, which leaves holes otherwise.

    Where the system or file system can't (macOS, Windows, some network disks), the file has its
    size all the same, and what is left is that `FeatureStore.prepare` has looked for free space.

    Raises:
        StoreError: if the disk is too small; the file is removed.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                return  # a file system that can't reserve
            size = path.stat().st_size / 1e9
            path.unlink()
            raise StoreError(
                f"{path.parent}: the disk has no room for {size:.1f} GB "
                f"({error.strerror}). Choose a folder on another disk."
            ) from error


def _allocate(file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Create a contiguous dataset whose place in the file is fixed now and not filled."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.CONTIGUOUS)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(dtype), space, properties)


class Shard:
    """A shard opened for mapped reads and positioned writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # The metadata is final, so no lock is needed, and network file systems lack them.
            with h5py.File(path, "r", locking=False) as file:
                self._read_metadata(file)
            self._map()
        except (OSError, KeyError, AttributeError, TypeError, ValueError) as error:
            raise StoreError(
                f"{path}: not a feature store's file ({error}). Delete it and extract the "
                "features again."
            ) from error

    def _map(self) -> None:
        with self.path.open("rb") as file:
            self._mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.features = self._mapped("features", self._dtype, self._shape)
        self.source, self.checksum, self.done = (
            self._mapped(name, dtype, (len(self.utterances),)) for name, dtype in MARKS.items()
        )

    def _mapped(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
        return np.ndarray(shape, dtype, self._mapping, self._offsets[name])

    def _read_metadata(self, file: h5py.File) -> None:
        if file.attrs["format"] != FORMAT:
            raise StoreError(
                f"{self.path}: store format {file.attrs['format']}, this featx reads {FORMAT}. "
                "Delete the store and extract the features again."
            )
        features = file["features"]
        self._shape, self._dtype = features.shape, features.dtype
        self._offsets = {n: file[n].id.get_offset() for n in ("features", *MARKS)}
        self.layout = Layout(tuple(file.attrs["layers"]), self._shape[2], str(self._dtype))
        self.identity = FeatureIdentity.from_json(json.loads(file.attrs["identity"]))
        self.software: dict[str, str] = json.loads(file.attrs["software"])
        self.utterances: list[str] = list(file["utterance"].asstr()[:])
        self.samples: np.ndarray = file["samples"][:]
        self.frame_offset: np.ndarray = file["frame_offset"][:]

    def read(self, index: int) -> np.ndarray:
        """Map the features of one utterance, (layers, frames, dim), without copying them."""
        return self.features[:, self.frame_offset[index] : self.frame_offset[index + 1]]

    def advise(self, index: int, layers: Sequence[int], advice: str) -> None:
        """Tell the system what becomes of one utterance's mapped memory.

        Args:
            index: the utterance's place in the shard.
            layers: rows of `features` that are meant.
            advice: the name of one of mmap's constants.
        """
        if not hasattr(mmap, advice):  # a system that takes no advice, such as Windows
            return
        begin, end = (int(offset) for offset in self.frame_offset[index : index + 2])
        frame_bytes = self.layout.dim * self._dtype.itemsize
        for layer in layers:
            first = self._offsets["features"] + (layer * self._shape[1] + begin) * frame_bytes
            page = first - first % mmap.PAGESIZE
            self._mapping.madvise(
                getattr(mmap, advice), page, first - page + (end - begin) * frame_bytes
            )

    def write(self, index: int, features: np.ndarray, source: int) -> None:
        """Write one utterance's features, then their source and checksum, then its done mark.

        Args:
            index: the utterance's place in the shard.
            features: (layers, frames, dim) in the shard's dtype.
            source: digest of the audio.

        Raises:
            FeatxError: if the disk is full, or fails.
        """
        if self.done[index]:  # until it is whole again, it is not
            self.forget(index)
        try:
            self._write(index, features, source)
        except OSError as error:  # where space can't be reserved, it may be gone by now
            raise FeatxError(
                f"{self.path}: can't be written ({error.strerror or error}). Make room on the "
                "disk, then extract the features again to go on from there."
            ) from error

    def _write(self, index: int, features: np.ndarray, source: int) -> None:
        frame_bytes = self.layout.dim * self._dtype.itemsize
        with self.path.open("r+b", buffering=0) as file:
            for layer, values in enumerate(map(np.ascontiguousarray, features)):
                frame = layer * self._shape[1] + int(self.frame_offset[index])
                write_at(file, self._offsets["features"] + frame * frame_bytes, values)
            self._mark(file, "source", index, source)
            self._mark(file, "checksum", index, _checksum(features))
            self._mark(file, "done", index, 1)

    def forget(self, index: int) -> None:
        """Mark an utterance as not done."""
        with self.path.open("r+b", buffering=0) as file:
            self._mark(file, "done", index, 0)

    def _mark(self, file: FileIO, name: str, index: int, value: int) -> None:
        dtype = MARKS[name]
        write_at(file, self._offsets[name] + index * dtype.itemsize, dtype.type(value))

    def flush(self) -> None:
        """Wait until the disk holds all that was written."""
        with self.path.open("r+b") as file:
            os.fsync(file.fileno())

    def matches_checksum(self, index: int) -> bool:
        """Tell whether an utterance's features are the ones that were written."""
        return _checksum(self.read(index)) == int(self.checksum[index])


def _checksum(features: np.ndarray) -> int:
    """CRC-32 of the values in (layers, frames, dim) order."""
    checksum = 0
    for values in map(np.ascontiguousarray, features):  # no copy of all layers at once
        checksum = zlib.crc32(values.view(np.uint8).data, checksum)
    return checksum


def write_at(file: FileIO, position: int, values: np.ndarray | np.generic) -> None:
    """Write the bytes of values at a position, in as many writes as the system makes of them."""
    rest = np.atleast_1d(values).view(np.uint8).reshape(-1).data
    file.seek(position)
    while rest:
        rest = rest[file.write(rest) :]
