"""ASVP-ESD: names of seven to eleven fields, in two forms."""

import pytest

from featx.data.corpora.asvp_esd import CORPUS
from featx.data.listing.files import CorpusError


@pytest.mark.parametrize(
    ("name", "language", "rest"),
    [
        ("03-01-04-02-10-36-03-03-01", "01", ""),
        ("03-01-04-02-10-36-03-03-01-77", "01", "77"),
        ("03-01-04-02-10-36-03-03-00-14-77-02", "00", "14-77-02"),
        ("03-01-04-02-10-36-03-03", "", ""),
        ("03-01-04-02-10-36-03", "", ""),
    ],
)
def test_reads_names_of_every_length(fill, name, language, rest):
    [found] = CORPUS.find(fill(f"ASVP-ESD-Update/Audio/actor_36/{name}.wav")).utterances
    assert (found.utterance, found.speaker, found.label) == (name, "36", "sad")
    columns = ("channel", "intensity", "statement", "age", "sex")
    assert [found.column(c) for c in columns] == ["speech", "high", "10", "under 20", "male"]
    assert [found.column(c) for c in ("language", "rest")] == [language, rest]


@pytest.mark.parametrize("rest", ["", "77"])
def test_reads_the_hubs_form_which_begins_with_the_emotion(fill, rest):
    name = "_".join(("03_01_11_00_03_03_01", rest)).rstrip("_")
    [found] = CORPUS.find(fill(f"ASVP_ESD/Speech/actor_0/{name}.wav")).utterances
    assert (found.speaker, found.label, found.column("channel")) == ("00", "happy", "")
    columns = ("intensity", "statement", "age", "source", "language", "rest")
    assert [found.column(c) for c in columns] == ["normal", "11", "under 20", "03", "01", rest]


@pytest.mark.parametrize("name", ["01-01-06-01-02-01-12", "03_01_06-01_02_01_12", "04-01-06-01-02"])
def test_other_corpora_with_numbers_are_not_taken_for_it(fill, name):
    with pytest.raises(CorpusError, match=r"(?s)found no ASVP-ESD, .*not named like"):
        CORPUS.find(fill(f"{name}.wav"))


def test_ravdess_is_not_taken_for_it_though_its_names_can_be_read_as_such(fill):
    root = fill(*(f"03-01-0{n}-01-02-01-0{n}.wav" for n in range(1, 9)))
    with pytest.raises(CorpusError, match=r"every file is named as in RAVDESS; list it as ravdess"):
        CORPUS.find(root)
    found = CORPUS.find(fill("03-01-05-01-02-01-02-03-01.wav"))  # of nine fields
    assert len(found.utterances) == 5
    assert "4 files with codes that ASVP-ESD doesn't have" in found.notes[0]  # ages 05 to 08


def test_emotions_without_a_meaning_are_left_out(fill):
    found = CORPUS.find(fill("03-02-13-01-01-101-02-01-00.wav", "03-01-17-01-01-101-02-01-00.wav"))
    [breath] = found.utterances
    assert (breath.speaker, breath.label, breath.column("sex")) == ("101", "breath", "female")
    assert breath.column("channel") == "non-speech"
    assert "1 file with codes that ASVP-ESD doesn't have" in found.notes[0]
    [gap] = CORPUS.gaps(found.utterances)
    assert gap.startswith("1 of 13,963 utterances are here; too few: bored (0 of 548)")
