"""What a store will hold, known from frame counts before any feature exists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SHARD_BYTES = 4 * 2**30  # a shard's features: few files, none too large to copy or lose


@dataclass(frozen=True, slots=True)  # there can be a million
class PlannedUtterance:
    """An utterance's place in a store.

    Attributes:
        utterance: its id.
        samples: the length of its audio at the encoder's sample rate.
        frames: the length of its features.
        source: a digest of the audio of at most 64 bits, which tells when it has changed.
    """

    utterance: str
    samples: int
    frames: int
    source: int = 0


@dataclass(frozen=True)
class Layout:
    """The shape that all utterances of a store share.

    Attributes:
        layers: the name of each stored layer, in order.
        dim: features a frame.
        dtype: "float16" or "float32".
    """

    layers: tuple[str, ...]
    dim: int
    dtype: str = "float16"

    def nbytes(self, frames: int) -> int:
        """Return the bytes that `frames` frames take, all layers together."""
        return len(self.layers) * frames * self.dim * np.dtype(self.dtype).itemsize


def split_into_shards(
    plan: Iterable[PlannedUtterance], layout: Layout, shard_bytes: int = SHARD_BYTES
) -> Iterator[Sequence[PlannedUtterance]]:
    """Group utterances, in order, into shards of at most `shard_bytes` of features.

    An utterance that is larger alone gets a shard of its own.
    """
    shard: list[PlannedUtterance] = []
    size = 0
    for planned in plan:
        nbytes = layout.nbytes(planned.frames)
        if shard and size + nbytes > shard_bytes:
            yield shard
            shard, size = [], 0
        shard.append(planned)
        size += nbytes
    if shard:
        yield shard
