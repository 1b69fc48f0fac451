"""Speakers are in one part of each fold, unless a division lets known speakers validate."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.fold import known_validate, shares_speakers
from tests.featx.protocols.divisions.dividing import balanced, divide, ids, values


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 26), st.data())
def test_speaker_folds_are_disjoint_complete_and_alike_in_size(speakers, data):
    count = data.draw(st.integers(3, speakers))
    corpus = balanced(speakers)
    folds = divide(corpus, "speaker-folds", count=count)
    assert len(folds) == count
    assert ids(u for fold in folds for u in fold.test) == ids(corpus.utterances)
    for fold in folds:
        parts = [{u.speaker for u in part} for part in fold.parts.values()]
        assert sum(map(len, parts)) == len(set.union(*parts)) == speakers
        assert len(parts[-1]) in (speakers // count, -(-speakers // count))


def test_every_fold_tests_both_sexes():
    for fold in divide(balanced(24), "speaker-folds", count=6):
        sexes = [u.extra["sex"] for u in fold.test]
        assert sexes.count("male") == sexes.count("female") == 8


def test_listed_speakers_get_their_part():
    listed = {"train": ["1", "2", "3"], "validation": ["4"], "test": ["5"]}
    (fold,) = divide(balanced(5), "speakers", **listed)
    assert {u.speaker for u in fold.train} == {"1", "2", "3"}
    assert {u.speaker for u in fold.validation} == {"4"}
    assert {u.speaker for u in fold.test} == {"5"}


def test_a_speaker_in_two_sessions_is_refused():
    rows = balanced(5).utterances
    moved = (*rows[:-1], replace(rows[-1], session="0"))
    with pytest.raises(FeatxError, match="1 speakers are in more than one part"):
        divide(Manifest(Path("m.csv"), moved), "leave-one-out", by="session")


@settings(max_examples=20, deadline=None)
@given(st.integers(6, 12), st.sampled_from(["session", "speaker"]))
def test_speakers_who_are_trained_on_may_validate_but_not_be_tested(speakers, by):
    corpus = balanced(speakers, takes=5)
    folds = divide(corpus, "leave-one-out", by=by, validation=0.2, known_validate=True)
    assert ids(u for fold in folds for u in fold.test) == ids(corpus.utterances)
    for fold in folds:
        learned = values((*fold.train, *fold.validation), "speaker")
        assert not values(fold.test, "speaker") & learned
        assert known_validate(fold)
        assert not shares_speakers(fold)


def test_a_speaker_in_two_sessions_is_refused_where_known_speakers_validate_too():
    rows = balanced(5, takes=5).utterances
    moved = (*rows[:-1], replace(rows[-1], session="0"))
    keys = {"by": "session", "validation": 0.2, "known_validate": True}
    with pytest.raises(FeatxError, match="in training or validation and test"):
        divide(Manifest(Path("m.csv"), moved), "leave-one-out", **keys)
