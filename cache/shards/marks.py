"""What a shard records of each utterance after its features are written.

All bytes are accounted for: `checksum` is of the features, layer by layer, and `done` of everything
else that says what they are, so that a bit that has changed anywhere is noticed.
"""

from typing import Any

import numpy as np
from zlib_ng import zlib_ng

from cache.shards.quantised import Quantised

MARKS: dict[str, np.dtype[Any]] = {  # written after an utterance's features, in this order
    "source": np.dtype(np.uint64),
    "checksum": np.dtype(np.uint32),
    "done": np.dtype(np.uint32),
}
FACTORS = ("scale", "offset")  # of features in 8 bits, which are near offset + scale · values
UNFINISHED = 0  # what `done` is before the features are there
RETIRED = 2**32 - 1  # and once they no longer count


def marks_shapes(utterances: int, layers: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each mark: there is a checksum of every layer."""
    return {"source": (utterances,), "checksum": (utterances, layers), "done": (utterances,)}


def checksums_of(features: np.ndarray | Quantised) -> np.ndarray:
    """Return the CRC-32 of each layer of features, (layers, frames, dim), as (layers,) uint32.

    Of features in 8 bits it is that of a layer's values and, after them, of its scale and offset.
    """
    parts = features if isinstance(features, Quantised) else (features,)
    sums = []
    for layer in zip(*parts, strict=True):
        checksum = 0
        for values in map(np.ascontiguousarray, layer):  # no copy of all layers at once
            checksum = zlib_ng.crc32(values.view(np.uint8).data, checksum)
        sums.append(checksum)
    return np.array(sums, np.uint32)


def done_mark(utterance: str, samples: int, frames: int, source: int, checksums: np.ndarray) -> int:
    """Return what `done` is of an utterance whose features are written.

    It is the CRC-32 of the id in UTF-8 and, after it, of samples, frames and source as 64-bit and
    the layers' checksums as 32-bit integers, all little-endian; 1 where that would be one of the
    two other values.

    Args:
        utterance: its id.
        samples: the length of its audio.
        frames: the length of its features.
        source: the digest of its audio.
        checksums: (layers,) those of its features.
    """
    numbers = np.array([samples, frames, source], "<u8").tobytes()
    row = numbers + checksums.astype("<u4").tobytes()
    mark = zlib_ng.crc32(row, zlib_ng.crc32(utterance.encode()))
    return 1 if mark in (UNFINISHED, RETIRED) else mark
