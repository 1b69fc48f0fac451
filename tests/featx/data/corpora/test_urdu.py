"""URDU: a folder for each emotion, numbers with a zero before them."""

import pytest

from featx.data.corpora.urdu import CORPUS


@pytest.mark.parametrize("layout", ["Sad/{}.wav", "Sad/SM25/{}.wav", "{}.WAV"])
def test_reads_names(fill, layout):
    found = CORPUS.find(fill(*(layout.format(n) for n in ("SM25_F29_S079", "SF9_F1_N01"))))
    woman, man = found.utterances
    assert (woman.utterance, woman.speaker, woman.label) == ("SF9_F1_N01", "SF9", "neutral")
    assert (man.speaker, man.label, man.extra["sex"]) == ("SM25", "sad", "male")
    assert man.extra == {"file": "29", "emotion": "sad", "number": "079", "sex": "male"}
    [gap] = CORPUS.gaps(found.utterances)
    assert gap.startswith("2 of 400 utterances are here; too few: angry (0 of 100), happy (0 of")
