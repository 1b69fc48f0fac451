"""Divisions by a column of the manifest, such as a text, alone or crossed with speakers."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.fold import shares_speakers
from tests.featx.protocols.divisions.dividing import balanced, divide, ids, spoken, values


def test_leaving_one_out_tests_each_in_natural_order_and_validates_on_the_next():
    folds = divide(balanced(11), "leave-one-out", by="speaker")
    assert [{u.speaker for u in f.test} for f in folds] == [{f"{n}"} for n in range(1, 12)]
    assert [{u.speaker for u in f.validation} for f in folds] == [
        {f"{n}"} for n in [*range(2, 12), 1]
    ]
    sessions = divide(balanced(9), "leave-one-out", by="session")
    assert [{u.session for u in f.test} for f in sessions] == [{"0"}, {"1"}, {"2"}]


def test_utterances_without_a_text_are_named():
    rows = balanced(3).utterances
    gap = replace(rows[4], extra={"sex": "female"})
    with pytest.raises(FeatxError, match="utterances u004 have no text, so none can be left out"):
        divide(Manifest(Path("m.csv"), (*rows[:4], gap)), "leave-one-out", by="text")


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(2, 5), st.sampled_from(["next", 0.25]))
def test_leaving_out_a_text_tests_each_once_and_on_no_text_that_was_learned(
    speakers, texts, validation
):
    texts = texts if validation != "next" else texts + 1
    corpus = spoken(speakers, texts, takes=4)
    folds = divide(corpus, "leave-one-out", by="text", validation=validation)
    assert ids(u for fold in folds for u in fold.test) == ids(corpus.utterances)
    assert [values(fold.test, "text") for fold in folds] == [{f"{t}"} for t in range(texts)]
    for fold in folds:
        learned = values((*fold.train, *fold.validation), "text")
        assert not values(fold.test, "text") & learned
        assert len(learned) == texts - 1
        if validation == "next":
            assert not values(fold.train, "text") & values(fold.validation, "text")


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 9), st.integers(2, 4), st.data())
def test_crossed_folds_share_neither_text_nor_speaker_and_test_each_utterance_once(
    speakers, texts, data
):
    corpus = spoken(speakers, texts)
    count = data.draw(st.integers(3, speakers))
    silent = data.draw(st.sampled_from(corpus.utterances))  # a gap in the design
    corpus = Manifest(corpus.path, tuple(u for u in corpus.utterances if u != silent))
    folds = divide(corpus, "crossed", by="text", count=count)
    assert ids(u for fold in folds for u in fold.test) == ids(corpus.utterances)
    assert [fold.number for fold in folds] == list(range(count * texts))
    for fold in folds:
        assert not shares_speakers(fold)
        assert all(fold.parts.values())
        learned = (*fold.train, *fold.validation)
        assert len(values(fold.test, "text")) == 1
        assert not values(fold.test, "text") & values(learned, "text")
        used = ids((*learned, *fold.test))
        for left in (u for u in corpus.utterances if u.utterance not in used):
            tested = left.column("text") in values(fold.test, "text")
            assert tested != (left.speaker in values(fold.test, "speaker"))


def test_crossed_folds_skip_what_a_group_of_speakers_does_not_say():
    corpus = spoken(6, 3)
    few = tuple(u for u in corpus.utterances if (u.speaker, u.column("text")) not in
                {("0", "1"), ("3", "1")})  # fmt: skip
    folds = divide(Manifest(corpus.path, few), "crossed", by="text", count=3)
    assert len(folds) == 8
    assert ids(u for fold in folds for u in fold.test) == ids(few)
