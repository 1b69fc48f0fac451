"""Layers of a shard's features, where they lie in its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cache.shards.mapped import MappedFile
from cache.shards.positions import Region, write_at


@dataclass(frozen=True)
class PlainRows:
    """Features in one piece, as they are written.

    Attributes:
        file: where they are.
        region: where they are in it.
        shape: layers, frames and dim.
        dtype: their type.
    """

    file: MappedFile
    region: Region
    shape: tuple[int, int, int]
    dtype: np.dtype

    @property
    def regions(self) -> list[Region]:
        """Where features are in the file."""
        return [self.region]

    @property
    def nbytes(self) -> int:
        """Bytes that features take in the file, done or not."""
        begin, end = self.region
        return end - begin

    @cached_property
    def _features(self) -> np.ndarray | None:
        if self.file.mapping is None:
            return None
        return np.ndarray(self.shape, self.dtype, self.file.mapping, self.region[0])

    def read(self, begin: int, count: int, rows: Sequence[int]) -> np.ndarray:
        """Return layers of some frames, read-only; neighbouring layers are not copied if mapped.

        Args:
            begin: the first frame's place.
            count: how many frames.
            rows: the layers' places, ascending.
        """
        if self._features is not None:
            frames = self._features[:, begin : begin + count]
            first, last = rows[0], rows[-1] + 1
            return frames[first:last] if last - first == len(rows) else frames[list(rows)]
        dim = self.shape[2]
        places = (self._position(row, begin) for row in rows)
        layers = [self.file.values(place, count * dim, self.dtype) for place in places]
        features = np.stack(layers).reshape(-1, count, dim)
        features.flags.writeable = False
        return features

    def write(self, begin: int, features: np.ndarray) -> None:
        """Write all layers of some frames, (layers, frames, dim) in the type of the file."""
        with self.file.path.open("r+b", buffering=0) as file:
            for layer, values in enumerate(map(np.ascontiguousarray, features)):
                write_at(file, self._position(layer, begin), values)

    def advise(self, begin: int, count: int, rows: Sequence[int], advice: str) -> None:
        """Tell the system what becomes of mapped memory; see `read` and `MappedFile.advise`."""
        for row in rows:
            first, last = (self._position(row, frame) for frame in (begin, begin + count))
            self.file.advise(first, last, advice)

    def _position(self, layer: int, frame: int) -> int:
        """Return where in the file a frame of a layer begins."""
        values = (layer * int(self.shape[1]) + frame) * int(self.shape[2])
        return self.region[0] + values * int(self.dtype.itemsize)
