"""What is published against what is here."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from featx.data.listing.published import count_gaps, known_faults
from featx.data.manifest import Utterance

FULL = {"a happy": 2, "a sad": 3, "b happy": 1}
COLUMNS = ("speaker", "label")
CODES = st.lists(st.sampled_from([*FULL, "c sad"]), max_size=12)


def utterances(groups):
    """Return an utterance for each "speaker label"."""
    split = [group.split() for group in groups]
    return [Utterance(str(n), Path("x.wav"), *who) for n, who in enumerate(split)]


@given(CODES)
def test_missing_and_surplus_are_said_exactly_where_they_are(groups):
    text = " ".join(count_gaps(utterances(groups), FULL, COLUMNS))
    for group in {*FULL, "c sad"}:
        here, full = groups.count(group), FULL.get(group, 0)
        assert (f"{group} ({here} of {full})" in text) == (here < full)
        assert (f"{group} ({here} instead of {full})" in text) == (here > full)


def test_sentences():
    assert count_gaps(utterances(["a happy", "a sad", "a sad", "c sad"]), FULL, COLUMNS) == [
        "4 of 6 utterances are here; too few: a happy (1 of 2), a sad (2 of 3), b happy (0 of 1)",
        "more utterances than published: c sad (1 instead of 0)",
    ]
    assert known_faults(utterances(["a sad"]), {"0": "silent", "1": "cut"}) == [
        "1 utterance known to be faulty: 0 (silent)"
    ]
    assert known_faults([], {"0": "silent"}) == []
