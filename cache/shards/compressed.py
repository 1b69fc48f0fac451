"""Features of a shard that is compressed: chunks of frames, each by itself, in gzip's format.

For HDF5, `features` is a dataset in chunks of one layer and `CHUNK` frames with the filters shuffle
and gzip, and any HDF5 tool reads it. Where each chunk is in the file and what its CRC-32 is stands
in `chunk_offset`, `chunk_bytes` and `chunk_checksum` (layers, chunks) too: with these, chunks are
read from the mapped file, in as many threads as there are, and checked without decompressing them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from zlib_ng import zlib_ng

from cache.shards.mapped import MappedFile
from cache.shards.positions import Region

CHUNK = 64  # frames; an utterance begins with a chunk of its own
PLACES: dict[str, np.dtype[Any]] = {  # of chunks, by the names of their tables
    "chunk_offset": np.dtype(np.int64),  # where it begins in the file, in bytes; 0 if it is absent
    "chunk_bytes": np.dtype(np.uint32),
    "chunk_checksum": np.dtype(np.uint32),
}


def compress(values: np.ndarray) -> bytes:
    """Compress a chunk, (frames, dim), as HDF5's filters shuffle and gzip do.

    Runs of bytes alone are sought: of features these are all there is to be found, and it takes
    half the time.
    """
    item = values.itemsize
    raw = np.ascontiguousarray(values).view(np.uint8).reshape(-1, item).T.tobytes()
    packer = zlib_ng.compressobj(1, strategy=zlib_ng.Z_RLE)
    return packer.compress(raw) + packer.flush()


def decompress(packed: bytes | memoryview, dtype: np.dtype) -> np.ndarray:
    """Return the values of a chunk, one after another.

    Raises:
        OSError: if it is damaged.
    """
    try:
        raw = np.frombuffer(zlib_ng.decompress(packed), np.uint8)
        values: np.ndarray = np.ascontiguousarray(raw.reshape(dtype.itemsize, -1).T).view(dtype)
    except (zlib_ng.error, ValueError) as error:  # type: ignore[misc]  # which its stubs lack
        raise OSError(f"damaged: {error}") from error
    return values.reshape(-1)


@dataclass(frozen=True, eq=False)
class CompressedRows:
    """Features in chunks that are compressed.

    Attributes:
        file: where they are.
        dim: features a frame.
        dtype: their type.
        chunk_offset: (layers, chunks) where each chunk begins in the file.
        chunk_bytes: (layers, chunks) how long it is.
        chunk_checksum: (layers, chunks) CRC-32 of its bytes.
    """

    file: MappedFile
    dim: int
    dtype: np.dtype
    chunk_offset: np.ndarray
    chunk_bytes: np.ndarray
    chunk_checksum: np.ndarray

    @classmethod
    def of(cls, mapped: MappedFile, file: h5py.File) -> "CompressedRows":
        """Return the features of an opened shard."""
        features = file["features"]
        places = (file[name][:] for name in PLACES)
        return cls(mapped, features.shape[2], features.dtype, *places)

    @property
    def regions(self) -> list[Region]:
        """Where chunks are in the file, those that follow one another together."""
        order = np.argsort(self.chunk_offset, axis=None, kind="stable")
        begins = self.chunk_offset.reshape(-1)[order]
        ends = begins + self.chunk_bytes.reshape(-1)[order]
        first = np.flatnonzero(np.append(True, begins[1:] != ends[:-1])[: len(begins)])
        last = np.append(first[1:], len(begins)) - 1
        return list(zip(begins[first].tolist(), ends[last].tolist(), strict=True))

    @property
    def nbytes(self) -> int:
        """Bytes that features take in the file."""
        return int(self.chunk_bytes.sum(dtype=np.int64))

    def read(self, begin: int, count: int, rows: Sequence[int]) -> np.ndarray:
        """Return layers of some frames, decompressed.

        Args:
            begin: the first frame's place, where a chunk begins.
            count: how many frames.
            rows: the layers' places.

        Raises:
            OSError: if they are damaged.
        """
        features = np.empty((len(rows), count, self.dim), self.dtype)
        for values, row in zip(features, rows, strict=True):
            flat = values.reshape(-1)
            for place, chunk in enumerate(self._chunks(begin, count)):
                part = flat[place * CHUNK * self.dim :][: CHUNK * self.dim]
                part[:] = decompress(self._packed(row, chunk), self.dtype)[: len(part)]
        features.flags.writeable = False
        return features

    def are_whole(self, begin: int, count: int, rows: Sequence[int]) -> bool:
        """Tell whether the chunks of some frames are the ones that were written."""
        return all(
            zlib_ng.crc32(self._packed(row, chunk)) == self.chunk_checksum[row, chunk]
            for row in rows
            for chunk in self._chunks(begin, count)
        )

    def advise(self, begin: int, count: int, rows: Sequence[int], advice: str) -> None:
        """Tell the system what becomes of mapped memory; see `read` and `MappedFile.advise`."""
        chunks = self._chunks(begin, count)
        for row in rows:
            first = int(self.chunk_offset[row, chunks[0]])
            last = int(self.chunk_offset[row, chunks[-1]]) + int(self.chunk_bytes[row, chunks[-1]])
            self.file.advise(first, last, advice)

    def _chunks(self, begin: int, count: int) -> range:
        """Return the places of the chunks that hold some frames."""
        return range(begin // CHUNK, -(-(begin + count) // CHUNK))

    def _packed(self, row: int, chunk: int) -> memoryview:
        begin, length = int(self.chunk_offset[row, chunk]), int(self.chunk_bytes[row, chunk])
        return self.file.values(begin, length, np.dtype(np.uint8)).data
