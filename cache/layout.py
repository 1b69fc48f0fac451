"""What a store will hold, known from frame counts before any feature exists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SHARD_BYTES = 4 * 2**30  # a shard's features: few files, none too large to copy or lose
BLOCK_SAMPLES = 600 * 16_000  # of audio that an extraction computes together


@dataclass(frozen=True, slots=True)
class PlannedUtterance:
    """An utterance's place in a store.

    Attributes:
        utterance: its id.
        samples: the length of its audio at the encoder's sample rate; 0 if it is not known.
        frames: the length of its features.
        source: a digest of the audio of at most 64 bits, which tells when it has changed; 0 if it
            is not known. The lowest bit is 1 if it is of what a server says of a file, and 0 if
            it is of what the file holds.
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
        dtype: "float16", "float32" or "int8".
    """

    layers: tuple[str, ...]
    dim: int
    dtype: str = "float16"

    @property
    def computed(self) -> str:
        """The type of features before they are written, and after they are read."""
        return "float32" if self.dtype == "int8" else self.dtype

    def nbytes(self, frames: int, utterances: int = 1) -> int:
        """Return the bytes that the frames of some utterances take, all layers together."""
        values = frames * np.dtype(self.dtype).itemsize
        factors = 8 * utterances if self.dtype == "int8" else 0  # a scale and an offset
        return len(self.layers) * self.dim * (values + factors)


def split_into_blocks(
    plan: Iterable[PlannedUtterance], samples: int = BLOCK_SAMPLES
) -> Iterator[list[PlannedUtterance]]:
    """Group utterances, in order, into blocks that are computed together.

    A block ends with the utterance that makes it as long as `samples`, so that blocks do not
    depend on where shards, the parts of a job array or a stop divide the plan.
    """
    block: list[PlannedUtterance] = []
    length = 0
    for planned in plan:
        block.append(planned)
        length += planned.samples
        if length >= samples:
            yield block
            block, length = [], 0
    if block:
        yield block


def split_into_shards(
    blocks: Iterable[Sequence[PlannedUtterance]], layout: Layout, shard_bytes: int = SHARD_BYTES
) -> Iterator[list[PlannedUtterance]]:
    """Group whole blocks, in order, into shards of at most `shard_bytes` of features.

    A block that is larger alone gets a shard of its own.
    """
    shard: list[PlannedUtterance] = []
    size = 0
    for block in blocks:
        nbytes = layout.nbytes(sum(planned.frames for planned in block), len(block))
        if shard and size + nbytes > shard_bytes:
            yield shard
            shard, size = [], 0
        shard += block
        size += nbytes
    if shard:
        yield shard
