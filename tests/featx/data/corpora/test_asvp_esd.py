"""ASVP-ESD: names of nine to eleven fields."""

import pytest

from featx.data.corpora.asvp_esd import CORPUS


@pytest.mark.parametrize(
    ("name", "language", "similarity", "quality"),
    [
        ("03-01-04-02-10-36-03-03-01", "01", "", ""),
        ("03-01-04-02-10-36-03-03-01-77", "01", "77", "noisy"),
        ("03-01-04-02-10-36-03-03-01-34", "01", "34", ""),
        ("03-01-04-02-10-36-03-03-00-14-66", "00", "14-66", "mixed voices"),
        ("03-01-04-02-10-36-03-03", "", "", ""),
        ("03-01-04-02-10-36-03", "", "", ""),
    ],
)
def test_reads_names_of_every_length(fill, name, language, similarity, quality):
    [found] = CORPUS.find(fill(f"ASVP-ESD-Update/Audio/actor_36/{name}.wav")).utterances
    assert (found.utterance, found.speaker, found.label) == (name, "36", "sad")
    columns = ("channel", "intensity", "statement", "age", "sex")
    assert [found.column(c) for c in columns] == ["speech", "high", "10", "under 20", "male"]
    columns = ("language", "similarity", "quality")
    assert [found.column(c) for c in columns] == [language, similarity, quality]
    marked = [f"1 utterance marked as {quality} in the column quality"]
    assert CORPUS.gaps([found]) == (marked if quality else [])


def test_emotions_without_a_meaning_are_left_out(fill):
    found = CORPUS.find(fill("03-02-13-01-01-101-02-01-00.wav", "03-01-17-01-01-101-02-01-00.wav"))
    [breath] = found.utterances
    assert (breath.speaker, breath.label, breath.column("sex")) == ("101", "breath", "female")
    assert breath.column("channel") == "non-speech"
    assert "1 file with codes that ASVP-ESD doesn't have" in found.notes[0]
