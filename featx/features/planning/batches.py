"""Which utterances are encoded together."""

from collections.abc import Sequence

from cache import PlannedUtterance, split_into_blocks
from featx.data.audio import SAMPLE_RATE

BLOCK = 40  # batches; enough for utterances of similar lengths, few enough to share out
SIMILAR = 0.8  # the shortest of a batch to the longest: padding costs time on a GPU
SHARE_OF_REST = 1 / 8  # that a batch near the end takes
SMALLEST = 1 / 4  # of the usual batch, which it takes at least


def block_samples(seconds: float) -> int:
    """Return the length of audio within which batches of so many seconds are made."""
    return round(BLOCK * seconds * SAMPLE_RATE)


def plan_batches(
    planned: Sequence[PlannedUtterance], seconds: float
) -> list[tuple[PlannedUtterance, ...]]:
    """Group utterances into batches, block by block, the longest utterances of each first.

    The same blocks always make the same batches: an extraction that goes on after a stop, or is
    shared by several machines, gives the features that it would have given otherwise, to the
    last bit.

    Args:
        planned: the utterances.
        seconds: seconds of audio in a batch, padding included; a longer utterance is a batch
            alone.
    """
    blocks = split_into_blocks(planned, block_samples(seconds))
    return [batch for block in blocks for batch in _batches_of(block, seconds)]


def _batches_of(
    block: Sequence[PlannedUtterance], seconds: float
) -> list[tuple[PlannedUtterance, ...]]:
    """Return the batches of a block.

    In a block that is not full, the last of a shard, the last batches are smaller, so that the
    threads that work on them end at about the same time.
    """
    usual = seconds * SAMPLE_RATE
    left = sum(utterance.samples for utterance in block)
    full = left >= block_samples(seconds)
    batches: list[list[PlannedUtterance]] = []
    longest = room = 0.0
    for utterance in sorted(block, key=lambda planned: (-planned.samples, planned.utterance)):
        fits = batches and (len(batches[-1]) + 1) * longest <= room
        if fits and utterance.samples >= SIMILAR * longest:
            batches[-1].append(utterance)
        else:
            batches.append([utterance])
            longest, room = (
                utterance.samples,
                usual if full else min(usual, max(left * SHARE_OF_REST, usual * SMALLEST)),
            )
        left -= utterance.samples
    return [tuple(batch) for batch in batches]
