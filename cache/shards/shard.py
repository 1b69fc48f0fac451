"""A shard's file, opened: features are mapped, or copied where they can't be, and written.

`create.py` says what the file holds.
"""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from cache.disk.space import filling
from cache.errors import DamagedStore, FeatxError, StoreError
from cache.identity import FeatureIdentity
from cache.layout import Layout
from cache.shards.compressed import CompressedRows
from cache.shards.create import FORMAT, SUM, changing
from cache.shards.mapped import MappedFile
from cache.shards.marks import (
    FACTORS,
    MARKS,
    RETIRED,
    UNFINISHED,
    checksums_of,
    done_mark,
    marks_shapes,
)
from cache.shards.positions import Region, checksum_without, read_at, write_at
from cache.shards.quantised import Quantised, quantise, restore
from cache.shards.rows import PlainRows

FLOAT = np.dtype(np.float32)
# what reading tables of which any bit may be another can raise
_BROKEN = (
    OSError, LookupError, AttributeError, TypeError, ValueError, RuntimeError, ArithmeticError,
    MemoryError,
)  # fmt: skip


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
        self.path = path
        try:
            self._file = MappedFile(path, mapped)
            # The tables are final, so no lock is needed, and network file systems lack them.
            with h5py.File(path, "r", locking=False) as file:
                self._check_tables(file)
                self._read_tables(file)
        except _BROKEN as error:
            raise self._damage(str(error) or type(error).__name__) from error
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
        self._regions: dict[str, Region] = changing(file)
        self._rows = self._find_rows(file)
        left_out = [*self._regions.values(), *self._rows.regions]
        if checksum_without(self.path, left_out) != file[SUM][0]:
            raise ValueError("its checksum is another")

    def _find_rows(self, file: h5py.File) -> PlainRows | CompressedRows:
        features = file["features"]
        if features.chunks:
            return CompressedRows.of(self._file, file)
        return PlainRows(self._file, self._regions["features"], features.shape, features.dtype)

    def _damage(self, reason: str) -> DamagedStore:
        return DamagedStore(
            self.path,
            f"{self.path}: damaged; this is not what was written as a feature store's file "
            f"({reason}). Remove it with `featx cache verify {self.path.parent} --repair`, then "
            "extract the features again.",
        )

    def _read_tables(self, file: h5py.File) -> None:
        features = file["features"]
        self._layers, _, dim = features.shape
        self.layout = Layout(tuple(file.attrs["layers"]), dim, str(features.dtype))
        self._factors = [file[name].id.get_offset() for name in FACTORS if name in file]
        self.identity = FeatureIdentity.from_json(json.loads(file.attrs["identity"]))
        self.software: dict[str, str] = json.loads(file.attrs["software"])
        self.utterances: list[str] = list(file["utterance"].asstr()[:])
        self.samples: np.ndarray = file["samples"][:]
        self.frames: np.ndarray = file["frames"][:]
        self.frame_offset: np.ndarray = file["frame_offset"][:]

    def _read_marks(self) -> None:
        shapes = marks_shapes(len(self.utterances), self._layers)
        self.source, self.checksum, self.done = (
            read_at(self.path, self._regions[name][0], math.prod(shape), MARKS[name]).reshape(shape)
            for name, shape in shapes.items()
        )

    @property
    def nbytes(self) -> int:
        """Bytes that all features take in the file."""
        return self._rows.nbytes

    @property
    def is_compressed(self) -> bool:
        """Whether features are compressed, so that none can be written any more."""
        return isinstance(self._rows, CompressedRows)

    @property
    def holes(self) -> int:
        """Bytes of the file that the disk has not been asked for yet, as it could not reserve."""
        facts = self.path.stat()
        blocks = getattr(facts, "st_blocks", None)  # of 512 bytes; Windows does not say
        return 0 if blocks is None else max(0, facts.st_size - 512 * blocks)

    def stored(self, index: int, rows: Sequence[int] | None = None) -> np.ndarray | Quantised:
        """Return layers of one utterance's features as the file has them; all by default."""
        rows = range(self._layers) if rows is None else rows
        begin, count = int(self.frame_offset[index]), int(self.frames[index])
        values = self._rows.read(begin, count, rows)
        if not self._factors:
            return values
        shape = len(self.layout.layers), self.layout.dim
        size = math.prod(shape)
        scale, offset = (
            self._file.values(begin + index * size * FLOAT.itemsize, size, FLOAT).reshape(shape)
            for begin in self._factors
        )
        return Quantised(values, scale[list(rows)], offset[list(rows)])

    def read(self, index: int, rows: Sequence[int] | None = None) -> np.ndarray:
        """Return the features of one utterance, (layers, frames, dim), read-only.

        They are not copied if the file is mapped, they are neither compressed nor in 8 bits, and
        the layers follow one another.

        Args:
            index: the utterance's place in the shard.
            rows: the places of the layers; all by default.

        Raises:
            DamagedStore: if they can't be decompressed.
        """
        try:
            stored = self.stored(index, rows)
        except OSError as error:
            raise self._damage(f"{self.utterances[index]}: {error}") from error
        if isinstance(stored, np.ndarray):
            return stored
        features = restore(stored)
        features.flags.writeable = False
        return features

    def advise(self, index: int, layers: Sequence[int], advice: str) -> None:
        """Tell the system what becomes of one utterance's mapped memory.

        Args:
            index: the utterance's place in the shard.
            layers: rows of `features` that are meant.
            advice: the name of one of mmap's constants.
        """
        begin, count = int(self.frame_offset[index]), int(self.frames[index])
        self._rows.advise(begin, count, layers, advice)

    def write(self, index: int, features: np.ndarray, source: int) -> None:
        """Write one utterance's features, then their source and checksum, then its done mark.

        Args:
            index: the utterance's place in the shard.
            features: (layers, frames, dim) in `layout.computed`.
            source: digest of the audio.

        Raises:
            DiskFull: if the disk is full.
            FeatxError: if it fails.
        """
        self.put(index, quantise(features) if self._factors else features, source)

    def put(self, index: int, stored: np.ndarray | Quantised, source: int) -> None:
        """Do what `write` does with features that are as the file has them."""
        if self.done[index]:  # until it is whole again, it is not
            self.mark(index, "done", UNFINISHED)
        try:
            self._write(index, stored)
            self.mark(index, "source", source)
            self.mark(index, "checksum", checksums_of(stored))
            self.mark(index, "done", self._done_mark(index))
        except OSError as error:
            raise FeatxError(
                f"{self.path}: can't be written ({error.strerror or error}). Extract the features "
                "again to go on from there."
            ) from error

    def _write(self, index: int, stored: np.ndarray | Quantised) -> None:
        assert isinstance(self._rows, PlainRows), "`prepare` gives others a place elsewhere"
        values = stored.values if isinstance(stored, Quantised) else stored
        with filling(self.path, values.nbytes):  # what could not be reserved may be gone by now
            self._rows.write(int(self.frame_offset[index]), values)
            if isinstance(stored, Quantised):
                with self.path.open("r+b", buffering=0) as file:
                    for begin, factors in zip(self._factors, stored[1:], strict=True):
                        write_at(file, begin + index * factors.nbytes, factors)

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
        rows = range(self._layers) if layers is None else list(layers)
        if isinstance(self._rows, CompressedRows):
            return self._rows.are_whole(
                int(self.frame_offset[index]), int(self.frames[index]), rows
            )
        sums = checksums_of(self.stored(index, rows))
        return bool((sums == self.checksum[index, list(rows)]).all())

    def flush(self) -> None:
        """Wait until the disk holds all that was written."""
        with self.path.open("r+b") as file:
            os.fsync(file.fileno())
