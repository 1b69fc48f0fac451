"""No speaker and no text is on both sides, whatever the manifest's order, unless divided so."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.fold import shares_speakers
from tests.featx.protocols.divisions.dividing import balanced, divide, ids, manifest

SPLIT = {"kind": "manifest-split"}


LISTED = {"train": ["1", "2", "3"], "validation": ["4"], "test": ["5"]}


EVERY_KIND = [
    {"kind": "speakers", **LISTED},
    {"kind": "speaker-folds", "count": 3},
    {"kind": "speaker-groups", "groups": [["1", "4"], ["2"], ["3", "5"]]},
    {"kind": "speaker-groups", "groups": [["1", "4"], ["2"], ["3", "5"]], "validation": 0.2},
    {"kind": "leave-one-out", "by": "speaker"},
    {"kind": "leave-one-out", "by": "session"},
    {"kind": "leave-one-out", "by": "session", "validation": 0.2, "known_validate": True},
    {"kind": "leave-one-out", "by": "text"},
    {"kind": "leave-one-out", "by": "text", "validation": 0.2},
    {"kind": "random-folds", "count": 4, "validation": 0.2, "stratified": False, "random_state": 3},
    {"kind": "random-folds", "count": 4, "validation": "next", "stratified": True,
     "random_state": 0},
    {"kind": "random-split", "test": 0.2, "validation": 0.1, "stratified": True, "random_state": 7},
    {"kind": "manifest-split"},
]  # fmt: skip


@pytest.mark.parametrize("division", EVERY_KIND, ids=lambda d: f"{d['kind']}-{d.get('by', '')}")
@settings(max_examples=10, deadline=None)
@given(st.randoms())
def test_every_division_is_blind_to_order_and_uses_each_utterance_once_a_fold(division, order):
    part = {1: "train", 2: "train", 3: "train", 4: "validation", 5: "test"}
    corpus = balanced(5, takes=5, split=part.get)
    folds = divide(corpus, **division)
    assert [fold.number for fold in folds] == list(range(len(folds)))
    for fold in folds:
        assert ids((*fold.train, *fold.validation, *fold.test)) == ids(corpus.utterances)
        assert all(fold.parts.values())
        shared = division["kind"].startswith("random") or division.get("by") == "text"
        assert shares_speakers(fold) == shared
    shuffled = list(corpus.utterances)
    order.shuffle(shuffled)
    assert divide(Manifest(corpus.path, tuple(shuffled)), **division) == folds


FOUR = {"count": 4, "validation": "next", "stratified": True, "random_state": 0}


@pytest.mark.parametrize(
    ("rows", "division", "message"),
    [
        ([("1", "sad", "", ""), ("2", "sad", "", "")], {"kind": "speaker-folds", "count": 3},
         "2 speakers; training, validation"),
        ([(f"{n}", "sad", "", "") for n in range(4)], {"kind": "speaker-folds", "count": 5},
         "4 speakers, too few for 5 folds"),
        ([("", "sad", "", "")] * 5, {"kind": "speaker-folds", "count": 3},
         "5 of 5 utterances have no speaker, such as u000, u001, u002 and 2 more"),
        ([("", "sad", "", ""), ("1", "sad", "", "")], {"kind": "speakers", **LISTED},
         "1 of 2 utterances have no speaker, such as u000, .*name nobody"),
        ([("1", "sad", "", ""), ("4", "sad", "", "")], {"kind": "speakers", **LISTED},
         "nothing by speaker 5, who should validate or test; there are 1, 4"),
        ([(s, "sad", "", "") for s in "1"], {"kind": "speakers", **LISTED}, "nothing by speaker 4"),
        ([(s, "sad", "", "") for s in "1456"], {"kind": "speakers", **LISTED},
         "the protocol gives speaker 6 no part"),
        ([(s, "sad", "", "") for s in "45"], {"kind": "speakers", **LISTED},
         "fold 0 has no train utterances"),
        ([("1", "sad", "", "")], {"kind": "leave-one-out", "by": "session"},
         "u000 have no session"),
        ([("1", "sad", "", "")], {"kind": "leave-one-out", "by": "txt"},
         "it has no column txt, by which the protocol divides; did you mean 'text'"),
        ([("1", "sad", "", "")] * 2, {"kind": "leave-one-out", "by": "text"},
         r"2 texts; training, validation and test need a text each.*validation = 0\.1"),
        ([("1", "sad", "", "")], {"kind": "leave-one-out", "by": "text", "validation": 0.1},
         "1 text; training and test need a text each"),
        ([(s, "sad", "", "") for s in "12"], {"kind": "crossed", "by": "text", "count": 3},
         "2 speakers; training, validation and test need a speaker each"),
        ([("1", "sad", "", "")], {"kind": "crossed", "by": "text", "count": 3}, "1 text;"),
        ([(s, "sad", "", "") for s in "123"], {"kind": "crossed", "by": "text", "count": 4},
         "3 speakers, too few for 4 folds"),
        ([(s, label, "", "") for s in "123" for label in ("sad", "sad", "sad", "sad", "mad")],
         {"kind": "crossed", "by": "text", "count": 3},
         "in fold 4 nothing in training has the label mad"),
        ([("1", "sad", "train", ""), ("2", "sad", "", "")], SPLIT, "u001 have no split"),
        ([("1", "sad", "", "")], SPLIT, "has no split column"),
        ([("1", "sad", "train", ""), ("2", "sad", "test", "")], SPLIT, "no validation utterances"),
        (
            [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("3", "mad", "test", "")],
            SPLIT,
            "nothing in training has the label mad",
        ),
        ([("1", "sad", "", "")] * 9 + [("1", "mad", "", "")], {"kind": "random-folds", **FOUR},
         "a label, mad, has only 1 utterances, fewer than the 4 folds"),
        ([("1", "sad", "", "")] * 3, {"kind": "random-folds", **FOUR, "stratified": False},
         "3 utterances, too few for 4 folds"),
        ([("1", "sad", "", "")], {"kind": "random-split", "test": 0.5, "validation": 0.5,
         "stratified": False, "random_state": 0}, "50% of 1 utterances can't be drawn"),
    ],
)  # fmt: skip
def test_what_can_not_be_divided_is_explained(rows, division, message):
    corpus = manifest(rows)
    if division.get("by") == "session":
        bare = tuple(replace(u, session="") for u in corpus.utterances)
        corpus = Manifest(corpus.path, bare)
    with pytest.raises(FeatxError, match=message):
        divide(corpus, **division)


@pytest.mark.parametrize(
    ("division", "message"),
    [
        ({"kind": "speaker-folds", "count": 2}, "count: .* greater than or equal to 3"),
        ({"kind": "random-folds", **FOUR, "count": 2}, "with two folds nothing is left"),
        ({"kind": "random-folds", **FOUR, "validation": 1.0}, "less than 1"),
        ({"kind": "speakers", **LISTED, "test": ["4"]}, "4 already named in another part"),
        ({"kind": "speakers", **LISTED, "train": []}, "train: .* at least 1 item"),
        ({"kind": "leave-one-in"}, "'speaker-groups', 'leave-one-out'"),
        ({"kind": "speaker-groups", "groups": [["1"], ["2"], ["3", "1"]]}, "names 1 twice"),
        ({"kind": "speaker-groups", "groups": [["1"], ["2"]]}, "at least 3 items"),
        ({"kind": "leave-one-out", "by": "speaker", "validation": 0.1}, 'give "next"'),
        ({"kind": "leave-one-out", "by": "session", "validation": 0.1}, 'give "next"'),
        ({"kind": "leave-one-out", "by": "session", "known_validate": True}, "with a share"),
        (
            {"kind": "leave-one-out", "by": "text", "validation": 0.1, "known_validate": True},
            "by session or speaker",
        ),
        ({"kind": "crossed", "by": "speaker", "count": 4}, "speakers are kept apart already"),
        ({"kind": "crossed", "by": "text", "count": 2}, "greater than or equal to 3"),
        ({"kind": "crossed", "by": "", "count": 3}, "at least 1 character"),
    ],
)
def test_an_impossible_division_is_refused(division, message):
    with pytest.raises(FeatxError, match=message):
        divide(balanced(6), **division)
