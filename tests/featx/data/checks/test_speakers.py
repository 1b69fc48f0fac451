"""Speakers: nobody, labels, files, and one person under two names."""

import logging
from pathlib import Path

import pytest

import featx
from featx.data.checks.speakers import check_speakers
from featx.data.manifest import Utterance
from featx.data.words import names_nobody, note_of_nobody
from featx.protocols.folds import make_folds
from featx.protocols.protocol import default_protocol


def row(number: int, speaker: str, label: str = "sad", **extra: str) -> Utterance:
    return Utterance(f"u{number}", Path(f"/a/u{number}.wav"), speaker, label, extra=extra)


def findings(rows):
    return [(finding.severity, finding.text) for finding in check_speakers(rows)]


def test_people_who_say_everything_are_left_alone():
    assert not findings([row(i, f"s{i % 4}", "sad" if i % 3 else "happy") for i in range(48)])
    assert not findings([row(i, "") for i in range(12)])


@pytest.mark.parametrize(
    ("names", "severity", "said"),
    [
        (["OAF_Fear", "OAF_sad", "YAF_fear", "YAF_sad"], "error", "such as '(OAF|YAF)_'"),
        (["anna-angry", "anna-happy", "carl-angry"], "error", "one person has several"),
        (["sad/anna", "happy/anna", "sad/bert"], "error", "one person has several"),
        (["healthy_01", "ill_01", "ill_02"], "warning", "If one person has several of them"),
        (["anna-angry", "bert-happy", "carl-angry"], "warning", "hold their labels"),
        (["p1", "p2", "p3", "p4"], "warning", "learn voices for labels"),
    ],
)
def test_speakers_with_a_single_label_each(names, severity, said):
    rows = []
    words = ("fear", "sad", "angry", "happy", "healthy", "ill")
    for number, name in enumerate(names):
        held = [word for word in words if word in name.lower()]
        label = held[0] if held else ("ill" if number % 2 else "well")
        rows += [row(10 * number + take, name, label) for take in range(4)]
    ((found, text),) = findings(rows)
    assert found == severity
    assert said in text


def test_some_speakers_with_a_single_label_are_a_note():
    rows = [row(i, f"s{i % 4}", "sad" if i % 3 else "happy") for i in range(48)]
    rows += [row(100 + i, "calm one", "calm") for i in range(4)]
    ((severity, text),) = findings(rows)
    assert severity == "note"
    assert "1 of 5 speakers have a single label: calm one (calm)" in text


@pytest.mark.parametrize("names", [["u0", "u1", "u2", "u3"], ["a", "b", "c", "d"]])
def test_speakers_named_by_utterance(names):
    rows = [row(i, name, "sad" if i % 2 else "happy") for i, name in enumerate(names)]
    ((found, text),) = findings(rows)
    assert found == "warning"
    assert "speaks a single utterance" in text
    assert ("which has that name" in text) == (names[0] == "u0")


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "01"), ("Anna", "anna"), ("spk 7", "SPK_07"), ("F.1", "f1"), ("\u00e9", "e\u0301")],
)
def test_speakers_written_in_two_ways(one, other):
    rows = [row(i, (one, other, "x")[i % 3], "sad" if i % 2 else "happy") for i in range(36)]
    ((severity, text),) = findings(rows)
    assert severity == "warning"
    assert f"{one!r} and {other!r}" in text


def test_speakers_of_two_corpora_or_sexes_under_one_name():
    labels = ["sad", "happy"] * 4
    rows = [row(i, "03", name, corpus="ab"[i // 4]) for i, name in enumerate(labels)]
    ((_, text),) = findings(rows)
    assert "more than one corpus for 1 speaker: 03 (a, b)" in text
    rows = [row(i, "03", name, sex="mf"[i // 4]) for i, name in enumerate(labels)]
    ((_, text),) = findings(rows)
    assert "more than one sex for 1 speaker: 03 (f, m)" in text


@pytest.mark.parametrize("name", ["Unknown", "unk", "n/a", "speaker", "NaN", "<unk>", "Anonymous"])
def test_words_that_name_nobody(name):
    assert names_nobody(name)


@pytest.mark.parametrize("name", ["s1", "anna", "speaker 1", "DC", "0", "unkas"])
def test_names(name):
    assert not names_nobody(name)


def test_unknown_is_not_one_person(write_corpus, caplog):
    """It used to be refused as one speaker in all parts."""
    caplog.set_level(logging.INFO, "featx")
    manifest = write_corpus(speakers=6, takes=1)
    text = manifest.read_text().replace("s1,", "Unknown,").replace("s4,", "unk,")
    manifest.write_text(text)
    loaded = featx.load_manifest(manifest)
    assert sorted({u.speaker for u in loaded.utterances}) == ["", "s0", "s2", "s3", "s5"]
    assert "the speaker of 6 utterances counts as unknown: Unknown, unk." in caplog.text
    with pytest.raises(featx.FeatxError, match=r"6 of 18 utterances have no speaker, such as"):
        make_folds(loaded, default_protocol(loaded, 5, speaker_dependent=False).division)


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (("1-12", "11-2"), False),
        (("1.1", "11"), False),
        (("1", "10"), False),
        (("1", "1.0"), True),
        (("Spk_01", "spk1"), True),
        (("1_02", "1-2"), True),
    ],
)
def test_numbers_that_are_apart_stay_apart(names, alike):
    rows = [row(i, names[i % 2], "sad" if i % 3 else "happy") for i in range(12)]
    assert any("written in two ways" in text for _, text in findings(rows)) == alike


def test_names_that_can_be_somebodys_come_with_a_cure():
    assert note_of_nobody(["AB", "", "NA", "NA"]) == [
        "the speaker of 2 utterances counts as unknown: NA (if NA is somebody, write speaker_NA "
        "instead)"
    ]
    assert note_of_nobody(["AB", "speaker_NA", ""]) == []
