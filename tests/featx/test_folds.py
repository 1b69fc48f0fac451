"""No speaker is on both sides, whatever the manifest's order, unless asked for by name."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.errors import FeatxError
from featx.folds import make_folds, shares_speakers
from featx.manifest import Manifest, Utterance


def manifest(rows) -> Manifest:
    """Make a manifest of (speaker, label, split, sex) rows."""
    utterances = (
        Utterance(f"u{n:03}", Path("x.wav"), speaker, label, split=split, extra={"sex": sex})
        for n, (speaker, label, split, sex) in enumerate(rows)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def balanced(speakers: int, takes: int = 2, split=lambda speaker: "") -> Manifest:
    return manifest(
        (f"{s}", label, split(s), "male" if s % 2 else "female")
        for s in range(1, speakers + 1)
        for label in ("sad", "happy")
        for _ in range(takes)
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 26), st.integers(3, 10), st.randoms())
def test_folds_are_speaker_disjoint_complete_and_blind_to_order(speakers, count, order):
    corpus = balanced(speakers)
    folds = make_folds(corpus, count)
    assert len(folds) == min(count, speakers)
    tested = [u.utterance for fold in folds for u in fold.test]
    assert sorted(tested) == [u.utterance for u in corpus.utterances]
    for fold in folds:
        parts = [{u.speaker for u in part} for part in (fold.train, fold.validation, fold.test)]
        assert all(parts)
        assert sum(map(len, parts)) == len(set.union(*parts)) == speakers
        assert not shares_speakers(fold)
    shuffled = list(corpus.utterances)
    order.shuffle(shuffled)
    assert make_folds(Manifest(corpus.path, tuple(shuffled)), count) == folds


def test_every_fold_tests_both_sexes():
    for fold in make_folds(balanced(24), 6):
        sexes = [u.extra["sex"] for u in fold.test]
        assert sexes.count("male") == sexes.count("female") == 8


def test_the_split_column_is_followed():
    parts = {1: "train", 2: "train", 3: "validation", 4: "test"}
    (fold,) = make_folds(balanced(4, split=parts.get))
    assert {u.speaker for u in fold.train} == {"1", "2"}
    assert {u.speaker for u in fold.validation} == {"3"}
    assert {u.speaker for u in fold.test} == {"4"}


def test_a_speaker_in_training_and_test_is_refused_unless_asked_for():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("1", "sad", "test", "")]
    with pytest.raises(FeatxError, match=r"1 speakers .* such as 1 in train and test") as error:
        make_folds(manifest(rows))
    assert "--speaker-dependent" in str(error.value)
    (fold,) = make_folds(manifest(rows), speaker_dependent=True)
    assert shares_speakers(fold)


def test_a_speaker_in_validation_and_test_is_refused():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("2", "sad", "test", "")]
    with pytest.raises(FeatxError, match="such as 2 in validation and test"):
        make_folds(manifest(rows))


def test_speaker_dependent_folds_are_stratified_and_complete():
    corpus = balanced(3, takes=10)
    folds = make_folds(corpus, 5, speaker_dependent=True)
    assert sorted(u.utterance for f in folds for u in f.test) == [
        u.utterance for u in corpus.utterances
    ]
    for fold in folds:
        labels = [u.label for u in fold.test]
        assert labels.count("sad") == labels.count("happy") == 6
        ids = [u.utterance for part in (fold.train, fold.validation, fold.test) for u in part]
        assert len(set(ids)) == len(ids)
        assert shares_speakers(fold)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("1", "sad", "", ""), ("2", "sad", "", "")], "2 speakers; training, validation"),
        ([("", "sad", "", "")] * 5, r"u000, u001, u002 and 2 more have no speaker"),
        ([("1", "sad", "train", ""), ("2", "sad", "", "")], "u001 have no split"),
        ([("1", "sad", "train", ""), ("2", "sad", "test", "")], "no validation utterances"),
        (
            [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("3", "mad", "test", "")],
            "nothing in training has the label mad",
        ),
    ],
)
def test_what_can_not_be_divided_is_explained(rows, message):
    with pytest.raises(FeatxError, match=message):
        make_folds(manifest(rows))


def test_too_few_folds_are_refused():
    with pytest.raises(FeatxError, match="--folds 2"):
        make_folds(balanced(6), 2)


def test_a_label_rarer_than_the_folds_is_refused_when_stratifying():
    rows = [("1", "sad", "", "")] * 9 + [("1", "mad", "", "")]
    with pytest.raises(FeatxError, match="only 1 utterances, fewer than the 5 folds"):
        make_folds(manifest(rows), 5, speaker_dependent=True)
