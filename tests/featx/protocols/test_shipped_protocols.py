"""A shipped protocol takes the utterances it is about, and says why a manifest doesn't fit."""

import random
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from featx.data.corpora import CORPORA
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.fold import known_validate, shares_speakers
from featx.protocols.folds import make_folds
from featx.protocols.protocol import Protocol, protocol_names, read_protocol
from featx.protocols.task import set_task
from featx.protocols.text import describe_protocol, list_protocols
from featx.utils.config import check_config
from tests.featx.protocols.corpora import CORPUS, notes


@pytest.mark.parametrize("name", protocol_names())
def test_every_shipped_protocol_divides_its_corpus_as_it_says(name):
    protocol = read_protocol(name)
    corpus = CORPUS[protocol.corpus]
    applied = apply_protocol(corpus, protocol).kept
    folds = make_folds(applied, protocol.division)
    assert protocol.name == name
    assert protocol.corpus in CORPORA
    assert protocol.manifest.startswith(f"featx manifest {protocol.corpus} ")
    assert {u.label for u in applied.utterances} >= set(protocol.labels)
    assert len({u.label for u in applied.utterances}) == len(protocol.labels) or not protocol.labels
    for fold in folds:
        assert shares_speakers(fold) != protocol.tests_new_speakers
        assert not (protocol.speakers_disjoint and known_validate(fold))
    if protocol.corpus == "ravdess":
        assert len(applied.utterances) == protocol.expected.utterances
        assert not [note for note in notes(corpus, protocol) if "complete corpus" in note]
    if protocol.expected.test:
        tested = [u.label for u in folds[0].test]
        assert {label: tested.count(label) for label in protocol.labels} == protocol.expected.test


@pytest.mark.parametrize("name", protocol_names())
def test_a_protocol_survives_being_written_into_a_config(name):
    protocol = read_protocol(name)
    table = tomllib.loads(tomli_w.dumps({"protocol": protocol.to_table()}))
    assert check_config(table["protocol"], Protocol, name) == protocol


@pytest.mark.parametrize("name", ["ravdess-gavali2023", "ravdess-issa2020"])
def test_the_order_of_a_manifest_is_of_no_effect(name):
    protocol = read_protocol(name)
    rows = list(CORPUS["ravdess"].utterances)
    random.Random(1).shuffle(rows)
    shuffled = apply_protocol(Manifest(Path("m.csv"), tuple(rows)), protocol).kept
    straight = apply_protocol(CORPUS["ravdess"], protocol).kept
    assert make_folds(shuffled, protocol.division) == make_folds(straight, protocol.division)


def test_pepinos_test_set_has_208_utterances():
    protocol = read_protocol("ravdess-pepino2021")
    (fold,) = make_folds(apply_protocol(CORPUS["ravdess"], protocol).kept, protocol.division)
    assert {u.speaker for u in fold.test} == {"23", "24"}
    assert {u.speaker for u in fold.validation} == {"21", "22"}
    assert len(fold.test) == 208


@pytest.mark.parametrize("count", [5, 6])
def test_speaker_folds_of_ravdess_balance_the_sexes(count):
    protocol = read_protocol(f"ravdess-speakers-{count}fold")
    for fold in make_folds(apply_protocol(CORPUS["ravdess"], protocol).kept, protocol.division):
        men = {u.speaker for u in fold.test if u.extra["sex"] == "male"}
        women = {u.speaker for u in fold.test if u.extra["sex"] == "female"}
        assert abs(len(men) - len(women)) <= count % 2


@pytest.mark.parametrize(
    ("name", "described", "folds", "sizes"),
    [
        ("ravdess-statements", "speaker-dependent, statement-independent", 2, (648, 72, 720)),
        ("ravdess-speakers-statements", "speaker-independent, statement-independent", 12,
         (480, 120, 120)),
        ("ravdess-speakers-6fold", "speaker-independent", 6, (960, 240, 240)),
        ("ravdess-emobox", "speaker-independent", 6, (960, 240, 240)),
        ("cafe-emobox", "speaker-independent", 3, (224, 56, 140)),
        ("subesco-emobox", "speaker-independent", 5, (448, 112, 140)),
        ("savee-emobox", "speaker-independent", 4, (84, 21, 35)),
    ],
)  # fmt: skip
def test_runs_say_what_the_division_keeps_apart(name, described, folds, sizes):
    protocol = read_protocol(name)
    task = set_task(apply_protocol(CORPUS[protocol.corpus], protocol))
    assert task.describe(protocol, 3) == f"{name}, {described}, 3 seeds"
    assert len(task.folds) == folds
    for fold in task.folds:
        assert tuple(map(len, fold.parts.values())) == sizes
    assert sorted(u.utterance for fold in task.folds for u in fold.test) == sorted(
        u.utterance for u in task.utterances
    )


def test_a_crossed_protocol_is_described_with_what_it_leaves_out():
    text = describe_protocol("ravdess-speakers-statements")
    assert "left out    what shares the statement or the speakers with the test set" in text
    assert "statement     those tested are in no other part" in text
    assert "6/statement" in text
    assert "6/statement" in list_protocols()
    assert "10% of the other utterances, stratified" in describe_protocol("ravdess-statements")


def test_notes_say_what_was_left_out_and_merged():
    protocol = read_protocol("iemocap-loso")
    assert notes(CORPUS["iemocap"], protocol) == [
        "merged 20 excited utterances into happy",
        "left out 40 utterances of other labels: frustrated (20), undecided (20)",
        "100 utterances are here, the complete corpus has 5,531",
    ]
    speech = read_protocol("ravdess-gavali2023")
    assert notes(CORPUS["ravdess"], speech) == ["left out 1,012 utterances of another channel"]


def test_a_run_says_that_known_speakers_validate_and_new_ones_are_tested():
    protocol = read_protocol("iemocap-superb")
    task = set_task(apply_protocol(CORPUS["iemocap"], protocol))
    assert task.describe(protocol, 1) == "iemocap-superb, speaker-independent, 1 seed"
    assert "speakers who are trained on validate; those who are tested are new" in task.notes
    sizes = [tuple(map(len, fold.parts.values())) for fold in task.folds]
    assert sizes == [(64, 16, 20)] * 5
    assert not any(
        "validate" in note for note in notes(CORPUS["iemocap"], read_protocol("iemocap-loso"))
    )


@pytest.mark.parametrize("number", [1, 2])
def test_msp_podcast_is_tested_on_the_named_test_set_in_eight_classes(number):
    protocol = read_protocol(f"msp-podcast-test{number}")
    task = set_task(apply_protocol(CORPUS["msp-podcast"], protocol))
    assert {u.column("partition") for u in task.folds[0].test} == {f"Test{number}"}
    assert len(task.classes) == 8
    assert task.speakers_shared


def test_notes_say_what_an_incomplete_corpus_lacks():
    protocol = read_protocol("ravdess-pepino2021")
    whole = CORPUS["ravdess"]
    without = [u for u in whole.utterances if u.speaker != "05"]
    last = max(n for n, u in enumerate(without) if u.speaker == "24" and u.label == "sad")
    found = notes(Manifest(whole.path, (*without[:last], *without[last + 1 :])), protocol)
    assert found[-3:] == [
        "2,347 utterances are here, the complete corpus has 2,452",
        "the test set is not that of the complete corpus: sad 31 of 32",
        "no utterances of speaker 05, who would train",
    ]


@pytest.mark.parametrize(
    ("corpus", "name", "message"),
    [
        ("emodb", "ravdess-pepino2021", "doesn't fit the protocol ravdess-pepino2021: it has no "
         "column channel.*featx manifest ravdess RAVDESS --channel both"),
        ("ravdess", "iemocap-loso", "it has no column scenario"),
        ("ravdess", "emodb-speakers", "no utterance has the label bored; there are neutral, calm"),
    ],
)  # fmt: skip
def test_the_wrong_corpus_is_refused(corpus, name, message):
    with pytest.raises(FeatxError, match=message):
        apply_protocol(CORPUS[corpus], read_protocol(name))


def test_speech_alone_is_no_corpus_of_speech_and_song():
    speech = tuple(u for u in CORPUS["ravdess"].utterances if u.extra["channel"] == "speech")
    with pytest.raises(FeatxError, match="no utterance has channel song; there is speech"):
        apply_protocol(Manifest(Path("m.csv"), speech), read_protocol("ravdess-pepino2021"))


def test_a_label_already_merged_in_the_manifest_is_fine():
    merged = tuple(
        replace(u, label={"calm": "neutral"}.get(u.label, u.label))
        for u in CORPUS["ravdess"].utterances
    )
    protocol = read_protocol("ravdess-pepino2021")
    corpus = Manifest(Path("m.csv"), merged)
    unmerged = apply_protocol(CORPUS["ravdess"], protocol)
    assert apply_protocol(corpus, protocol).kept == unmerged.kept
    assert notes(corpus, protocol) == []
