"""EMOVO: Italian codes of emotions, sentences and speakers."""

import pytest

from featx.data.corpora.emovo import CORPUS


@pytest.mark.parametrize(
    "layout", ["EMOVO/{1}/{0}-{1}-{2}.wav", "{0}-{1}-{2}.wav", "X/{0}-{1}-{2}.WAV"]
)
def test_reads_names(fill, layout):
    files = [("gio", "f1", "b1"), ("rab", "m3", "d2")]
    happy, angry = CORPUS.find(fill(*(layout.format(*file) for file in files))).utterances
    assert (happy.utterance, happy.speaker, happy.label) == ("gio-f1-b1", "f1", "happy")
    assert happy.extra == {"emotion": "happy", "sentence": "b1", "sex": "female", "age": "28"}
    assert (angry.speaker, angry.label, angry.extra["sex"]) == ("m3", "angry", "male")


def test_codes_of_no_sentence_or_speaker_are_left_out(fill):
    found = CORPUS.find(fill("gio-f1-b1.wav", "gio-f4-b1.wav", "gio-f1-b9.wav", "readme.wav"))
    assert len(found.utterances) == 1
    assert "2 files with codes that EMOVO doesn't have" in found.notes[0]
