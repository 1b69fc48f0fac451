"""A shard's file, opened: features are mapped, or copied where they can't be, and written.

`create.py` says what the file holds.
"""

import json
import math
import mmap
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from weakref import WeakSet

import h5py
import numpy as np

from cache.checks import open_files
from cache.create import FORMAT, SUM, region
from cache.errors import DamagedStore, FeatxError, StoreError
from cache.identity import FeatureIdentity
from cache.layout import Layout
from cache.marks import MARKS, RETIRED, UNFINISHED, checksums_of, done_mark, marks_shapes
from cache.positions import Region, checksum_without, read_at, write_at
from cache.space import filling

_mappings: WeakSet[mmap.mmap] = WeakSet()  # of all stores that are open


class Shard:
    """A shard opened for reading, and for writing at positions.

    Args:
        path: its file.
        mapped: map the features, for which the file stays open, as far as so many files may be
            open; else they are copied.

    Raises:
        DamagedStore: if the file's tables are not those that were written.
        StoreError: if it is no shard, or of another format.

    Attributes:
        path: its file.
        layout: layers, dim and dtype.
        identity: what the features are.
        software: the versions that computed them.
        utterances: their ids, and for each its `samples`, `frames`, `frame_offset` and marks.
    """

    def __init__(self, path: Path, mapped: bool = True) -> None:
        self.path, self._mapped = path, mapped
        try:
            # The tables are final, so no lock is needed, and network file systems lack them.
            with h5py.File(path, "r", locking=False) as file:
                self._check_tables(file)
                self._read_tables(file)
        except (OSError, KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise self._damage(str(error)) from error
        self._read_marks()

    def _check_tables(self, file: h5py.File) -> None:
        if SUM not in file:
            known = file.attrs["format"]
            if known == FORMAT:
                raise KeyError(f"{SUM} is not there")
            raise StoreError(
                f"{self.path}: store format {known}, this featx reads {FORMAT}. "
                "Delete the store and extract the features again."
            )
        self._regions: dict[str, Region] = {
            name: region(file, name) for name in ("features", *MARKS, SUM)
        }
        if checksum_without(self.path, self._regions.values()) != file[SUM][0]:
            raise ValueError("its checksum is another")

    def _damage(self, reason: str) -> DamagedStore:
        return DamagedStore(
            self.path,
            f"{self.path}: damaged; this is not what was written as a feature store's file "
            f"({reason}). Remove it with `featx cache verify {self.path.parent} --repair`, then "
            "extract the features again.",
        )

    def _read_tables(self, file: h5py.File) -> None:
        features = file["features"]
        self._shape, self._dtype = features.shape, features.dtype
        self.layout = Layout(tuple(file.attrs["layers"]), self._shape[2], str(self._dtype))
        self.identity = FeatureIdentity.from_json(json.loads(file.attrs["identity"]))
        self.software: dict[str, str] = json.loads(file.attrs["software"])
        self.utterances: list[str] = list(file["utterance"].asstr()[:])
        self.samples: np.ndarray = file["samples"][:]
        self.frames: np.ndarray = file["frames"][:]
        self.frame_offset: np.ndarray = file["frame_offset"][:]

    def _read_marks(self) -> None:
        shapes = marks_shapes(len(self.utterances), self._shape[0])
        self.source, self.checksum, self.done = (
            read_at(self.path, self._regions[name][0], math.prod(shape), MARKS[name]).reshape(shape)
            for name, shape in shapes.items()
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all features, done or not."""
        begin, end = self._regions["features"]
        return end - begin

    @property
    def holes(self) -> int:
        """Bytes of the file that the disk has not been asked for yet, as it could not reserve."""
        facts = self.path.stat()
        blocks = getattr(facts, "st_blocks", None)  # of 512 bytes; Windows does not say
        return 0 if blocks is None else max(0, facts.st_size - 512 * blocks)

    @cached_property
    def _mapping(self) -> mmap.mmap | None:
        """The mapped file; None if it is not to be mapped, or can't be."""
        if not self._mapped or len(_mappings) >= open_files() // 2:
            return None
        try:
            with self.path.open("rb") as file:
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError:
            return None
        _mappings.add(mapping)
        return mapping

    @cached_property
    def _features(self) -> np.ndarray | None:
        if self._mapping is None:
            return None
        return np.ndarray(self._shape, self._dtype, self._mapping, self._regions["features"][0])

    def read(self, index: int) -> np.ndarray:
        """Return the features of one utterance, (layers, frames, dim), read-only.

        They are not copied if the file is mapped.
        """
        begin = int(self.frame_offset[index])
        count = int(self.frames[index])
        if self._features is not None:
            return self._features[:, begin : begin + count]
        dim = self.layout.dim
        places = (self._position(layer, begin) for layer in range(self._shape[0]))
        layers = [read_at(self.path, place, count * dim, self._dtype) for place in places]
        features = np.stack(layers).reshape(-1, count, dim)
        features.flags.writeable = False
        return features

    def _position(self, layer: int, frame: int) -> int:
        """Return where in the file a frame of a layer begins."""
        first, _ = self._regions["features"]
        values = (layer * int(self._shape[1]) + frame) * self.layout.dim
        return first + values * int(self._dtype.itemsize)

    def advise(self, index: int, layers: Sequence[int], advice: str) -> None:
        """Tell the system what becomes of one utterance's mapped memory.

        Args:
            index: the utterance's place in the shard.
            layers: rows of `features` that are meant.
            advice: the name of one of mmap's constants.
        """
        if self._mapping is None or not hasattr(mmap, advice):  # a system such as Windows
            return
        begin = int(self.frame_offset[index])
        for layer in layers:
            first, last = (
                self._position(layer, frame) for frame in (begin, begin + int(self.frames[index]))
            )
            page = first - first % mmap.PAGESIZE
            self._mapping.madvise(getattr(mmap, advice), page, last - page)

    def write(self, index: int, features: np.ndarray, source: int) -> None:
        """Write one utterance's features, then their source and checksum, then its done mark.

        Args:
            index: the utterance's place in the shard.
            features: (layers, frames, dim) in the shard's dtype.
            source: digest of the audio.

        Raises:
            DiskFull: if the disk is full.
            FeatxError: if it fails.
        """
        if self.done[index]:  # until it is whole again, it is not
            self.mark(index, "done", UNFINISHED)
        try:
            self._write(index, features)
            self.mark(index, "source", source)
            self.mark(index, "checksum", checksums_of(features))
            self.mark(index, "done", self._done_mark(index))
        except OSError as error:
            raise FeatxError(
                f"{self.path}: can't be written ({error.strerror or error}). Extract the features "
                "again to go on from there."
            ) from error

    def _write(self, index: int, features: np.ndarray) -> None:
        # what could not be reserved may be gone by now
        with filling(self.path, features.nbytes), self.path.open("r+b", buffering=0) as file:
            for layer, values in enumerate(map(np.ascontiguousarray, features)):
                write_at(file, self._position(layer, int(self.frame_offset[index])), values)

    def mark(self, index: int, name: str, value: int | np.ndarray) -> None:
        """Write one of an utterance's marks.

        Raises:
            DiskFull: if the disk is full.
        """
        marks = getattr(self, name)
        values = np.full(marks.shape[1:], value, marks.dtype)
        with filling(self.path), self.path.open("r+b", buffering=0) as file:
            write_at(file, self._regions[name][0] + index * values.nbytes, values)
        marks[index] = values

    def is_done(self, index: int) -> bool:
        """Tell whether an utterance's features are there, and count."""
        return self.done[index] not in (UNFINISHED, RETIRED)

    def is_retired(self, index: int) -> bool:
        """Tell whether an utterance's place is not used any more."""
        return bool(self.done[index] == RETIRED)

    def _done_mark(self, index: int) -> int:
        samples, frames, source = (
            int(numbers[index]) for numbers in (self.samples, self.frames, self.source)
        )
        return done_mark(self.utterances[index], samples, frames, source, self.checksum[index])

    def is_whole(self, index: int, layers: Sequence[int] | None = None) -> bool:
        """Tell whether a done utterance's marks and features are the ones that were written.

        Args:
            index: the utterance's place in the shard.
            layers: the rows of its features to look at; all by default.
        """
        if self._done_mark(index) != self.done[index]:
            return False
        rows = range(len(self.layout.layers)) if layers is None else list(layers)
        features = self.read(index)
        return all(
            checksums_of(features[row, None])[0] == self.checksum[index, row] for row in rows
        )

    def flush(self) -> None:
        """Wait until the disk holds all that was written."""
        with self.path.open("r+b") as file:
            os.fsync(file.fileno())
