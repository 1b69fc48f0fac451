"""Utterances in batches of similar length."""

from collections.abc import Sequence

from cache import PlannedUtterance
from featx.audio import SAMPLE_RATE

SIMILAR = 0.8  # the shortest of a batch to the longest: padding costs time


def plan_batches(
    planned: Sequence[PlannedUtterance], seconds: float
) -> list[tuple[PlannedUtterance, ...]]:
    """Group utterances into batches, the longest first.

    The same utterances always make the same batches, so an extraction that goes on after a
    stop repeats what it would have computed, to the last bit.

    Args:
        planned: the utterances.
        seconds: of audio in a batch, padding included; one that is longer is a batch alone.
    """
    batches: list[list[PlannedUtterance]] = []
    for utterance in sorted(planned, key=lambda one: (-one.samples, one.utterance)):
        batch = batches[-1] if batches else []
        longest = batch[0].samples if batch else 0
        room = (len(batch) + 1) * longest <= seconds * SAMPLE_RATE
        if batch and room and utterance.samples >= SIMILAR * longest:
            batch.append(utterance)
        else:
            batches.append([utterance])
    return [tuple(batch) for batch in batches]
