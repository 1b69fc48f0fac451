"""emoUERJ: eight speakers, four emotions."""

from featx.data.corpora.emouerj import CORPUS


def test_reads_names(fill):
    found = CORPUS.find(fill("emoUERJ/m03s08.wav", "emoUERJ/w04h10.wav", "emoUERJ/w05h10.wav"))
    man, woman = found.utterances
    assert (man.utterance, man.speaker, man.label) == ("m03s08", "m03", "sad")
    assert man.extra == {"emotion": "sad", "take": "08", "sex": "male"}
    assert (woman.speaker, woman.label, woman.extra["sex"]) == ("w04", "happy", "female")
    assert "1 file with codes that emoUERJ doesn't have: emoUERJ/w05h10.wav" in found.notes[0]
    assert CORPUS.gaps(found.utterances) == ["2 of 377 utterances are here"]
