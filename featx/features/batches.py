"""Which utterances are encoded together."""

from collections.abc import Sequence

from cache import PlannedUtterance
from featx.data.audio import SAMPLE_RATE

SIMILAR = 0.8  # the shortest of a batch to the longest: padding costs time
SHARE_OF_REST = 1 / 8  # that a batch near the end takes
SMALLEST = 1 / 4  # of the usual batch, which it takes at least


def plan_batches(
    planned: Sequence[PlannedUtterance], seconds: float
) -> list[tuple[PlannedUtterance, ...]]:
    """Group utterances into batches, the longest utterances first.

    The last batches are smaller, so that the threads that work on them end at about the same
    time. The same utterances always make the same batches: an extraction that goes on after a
    stop gives the features that it would have given without the stop, to the last bit.

    Args:
        planned: the utterances.
        seconds: seconds of audio in a batch, padding included; a longer utterance is a batch
            alone.
    """
    usual = seconds * SAMPLE_RATE
    left = sum(utterance.samples for utterance in planned)
    batches: list[list[PlannedUtterance]] = []
    longest = room = 0.0
    for utterance in sorted(planned, key=lambda planned: (-planned.samples, planned.utterance)):
        fits = batches and (len(batches[-1]) + 1) * longest <= room
        if fits and utterance.samples >= SIMILAR * longest:
            batches[-1].append(utterance)
        else:
            batches.append([utterance])
            longest, room = (
                utterance.samples,
                min(usual, max(left * SHARE_OF_REST, usual * SMALLEST)),
            )
        left -= utterance.samples
    return [tuple(batch) for batch in batches]
