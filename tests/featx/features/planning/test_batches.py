"""Batches: every utterance once, similar lengths, no more than asked."""

from hypothesis import given
from hypothesis import strategies as st

from cache import PlannedUtterance
from featx.features.planning.batches import SIMILAR, plan_batches


@given(st.lists(st.integers(400, 640_000), max_size=60), st.floats(1, 60))
def test_batches_hold_every_utterance_once_and_keep_to_the_limit(lengths, seconds):
    planned = [PlannedUtterance(str(index), length, 1) for index, length in enumerate(lengths)]
    batches = plan_batches(planned, seconds)
    assert sorted(entry.utterance for batch in batches for entry in batch) == sorted(
        entry.utterance for entry in planned
    )
    for batch in batches:
        longest, shortest = batch[0].samples, batch[-1].samples
        assert longest >= shortest >= SIMILAR * longest
        assert len(batch) == 1 or len(batch) * longest <= seconds * 16_000


@given(st.permutations(range(20)))
def test_the_order_of_the_manifest_does_not_matter(order):
    planned = [PlannedUtterance(str(index), 16_000 + index % 7, 1) for index in range(20)]
    assert plan_batches([planned[index] for index in order], 5) == plan_batches(planned, 5)
