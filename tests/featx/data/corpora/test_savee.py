"""SAVEE: a folder for each man, or his initials in the files' names."""

import pytest

from featx.data.corpora.savee import CORPUS


@pytest.mark.parametrize("layout", ["AudioData/{}/{}.wav", "ALL/{}_{}.wav", "{}_{}.WAV"])
def test_reads_folders_and_flat_copies(fill, layout):
    names = [("DC", "a01"), ("JE", "sa15"), ("JK", "su02"), ("KL", "n30")]
    found = CORPUS.find(fill(*(layout.format(*name) for name in names)))
    assert [(u.utterance, u.speaker, u.label) for u in found.utterances] == [
        ("DC_a01", "DC", "angry"),
        ("JE_sa15", "JE", "sad"),
        ("JK_su02", "JK", "surprised"),
        ("KL_n30", "KL", "neutral"),
    ]
    assert found.utterances[1].extra == {"emotion": "sad", "sentence": "15", "sex": "male"}
    [remark] = found.notes
    assert "four speakers" in remark


def test_equal_names_of_two_speakers_are_two_utterances_and_both_layouts_one(fill):
    found = CORPUS.find(fill("DC/a01.wav", "JE/a01.wav", "ALL/DC_a01.wav", "XX/a01.wav"))
    assert [u.utterance for u in found.utterances] == ["DC_a01", "JE_a01"]
    assert "1 duplicate by name" in found.notes[0]
    assert "not named like DC_a01 or DC/a01: XX/a01.wav" in found.notes[1]
