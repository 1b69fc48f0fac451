"""No speaker and no text is on both sides, whatever the manifest's order, unless divided so."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divisions.division import Division
from featx.protocols.folds import known_validate, make_folds, shares_speakers
from featx.utils.config import check_config

SPLIT = {"kind": "manifest-split"}
TEXTS = 5


def manifest(rows) -> Manifest:
    """Make a manifest of (speaker, label, split, sex) rows."""
    utterances = (
        Utterance(
            f"u{n:03}",
            Path("x.wav"),
            speaker,
            label,
            session=f"{int(speaker or 0) % 3}",
            split=split,
            extra={"sex": sex, "text": f"text {n % TEXTS}"},
        )
        for n, (speaker, label, split, sex) in enumerate(rows)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def divide(corpus: Manifest, kind: str, **keys):
    return make_folds(corpus, check_config({"kind": kind, **keys}, Division, "test"))


def balanced(speakers: int, takes: int = 2, split=lambda speaker: "") -> Manifest:
    return manifest(
        (f"{s}", label, split(s), "male" if s % 2 else "female")
        for s in range(1, speakers + 1)
        for label in ("sad", "happy")
        for _ in range(takes)
    )


def ids(utterances) -> list[str]:
    return sorted(u.utterance for u in utterances)


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
    (fold,) = divide(balanced(5), "speakers", **LISTED)
    assert {u.speaker for u in fold.train} == {"1", "2", "3"}
    assert {u.speaker for u in fold.validation} == {"4"}
    assert {u.speaker for u in fold.test} == {"5"}


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


def spoken(speakers: int, texts: int, takes: int = 2) -> Manifest:
    """Make a manifest in which everyone says each text with each label."""
    rows = [(f"{s}", label) for s in range(speakers) for label in ("sad", "happy")]
    utterances = (
        Utterance(f"{s}-{t}-{label}-{take}", Path("x.wav"), s, label, extra={"text": f"{t}"})
        for s, label in rows
        for t in range(texts)
        for take in range(takes)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def values(utterances, column: str) -> set[str]:
    return {u.column(column) for u in utterances}


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


def test_the_split_column_is_followed():
    parts = {1: "train", 2: "train", 3: "validation", 4: "test"}
    (fold,) = divide(balanced(4, split=parts.get), "manifest-split")
    assert {u.speaker for u in fold.train} == {"1", "2"}
    assert {u.speaker for u in fold.validation} == {"3"}
    assert {u.speaker for u in fold.test} == {"4"}


def test_a_speaker_in_training_and_test_is_refused_unless_asked_for():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("1", "sad", "test", "")]
    with pytest.raises(FeatxError, match=r"1 speakers .* such as 1 in train and test") as error:
        divide(manifest(rows), "manifest-split")
    assert "`speaker_dependent`" in str(error.value)
    (fold,) = divide(manifest(rows), "manifest-split", speaker_dependent=True)
    assert shares_speakers(fold)


def test_a_speaker_in_validation_and_test_is_refused():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("2", "sad", "test", "")]
    with pytest.raises(FeatxError, match="such as 2 in validation and test"):
        divide(manifest(rows), "manifest-split")


@pytest.mark.parametrize("validation", ["next", 0.1])
def test_random_folds_are_stratified_if_asked_and_test_everything_once(validation):
    corpus = balanced(3, takes=10)
    keys = {"count": 5, "validation": validation, "random_state": 0}
    folds = divide(corpus, "random-folds", stratified=True, **keys)
    assert ids(u for f in folds for u in f.test) == ids(corpus.utterances)
    for fold in folds:
        labels = [u.label for u in fold.test]
        assert labels.count("sad") == labels.count("happy") == 6
        assert len(fold.validation) == (12 if validation == "next" else 5)  # 10 % of 48
    assert divide(corpus, "random-folds", stratified=False, **keys) != folds


def test_a_random_split_has_its_shares_and_another_state_draws_others():
    corpus = balanced(10, takes=5)
    keys = {"test": 0.2, "validation": 0.1, "stratified": True}
    (fold,) = divide(corpus, "random-split", random_state=1, **keys)
    assert [len(part) for part in fold.parts.values()] == [72, 8, 20]
    assert [u.label for u in fold.test].count("sad") == 10
    (other,) = divide(corpus, "random-split", random_state=2, **keys)
    assert ids(other.test) != ids(fold.test)


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
