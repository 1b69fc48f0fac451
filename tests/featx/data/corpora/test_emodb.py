"""EMO-DB: both versions, of which the second has laryngograms of the same names."""

import numpy as np
import pytest
import soundfile

from featx.data.corpora.emodb import CORPUS
from featx.data.listing.files import CorpusError


@pytest.mark.parametrize("folder", ["", "wav/"])
def test_reads_names(fill, folder):
    found = CORPUS.find(fill(f"{folder}08b10Wb.wav", f"{folder}03a01Fa.wav"))
    man, woman = found.utterances
    assert (man.utterance, man.speaker, man.label) == ("03a01Fa", "03", "happy")
    assert man.extra == {
        "text": "a01", "emotion": "happy", "version": "a", "sex": "male", "age": "31",
    }  # fmt: skip
    assert (woman.utterance, woman.speaker, woman.label) == ("08b10Wb", "08", "angry")
    assert (woman.extra["text"], woman.extra["version"], woman.extra["sex"]) == (
        "b10", "b", "female",
    )  # fmt: skip
    [gap] = CORPUS.gaps(found.utterances)
    assert gap.startswith("2 of 535 utterances are here; too few: angry (1 of 127), bored (0 of")
    assert not found.notes


@pytest.mark.parametrize("below", ["", "laryngo"])
def test_laryngograms_are_not_speech_though_they_have_its_names(fill, below):
    root = fill("wav/03a01Fa.wav")
    (root / "laryngo").mkdir()
    soundfile.write(root / "laryngo" / "03a01Fa.wav", np.ones(1600) / 2, 16_000)
    if below:
        with pytest.raises(CorpusError, match=r"found no EMO-DB(?s:.*)1 file of laryngograms"):
            CORPUS.find(root / below)
        return
    [found] = CORPUS.find(root).utterances
    assert found.path == root / "wav" / "03a01Fa.wav"


@pytest.mark.parametrize(
    ("count", "gaps"),
    [(816, []), (600, ["600 utterances are here: version 1 has 535, version 2 816"])],
)
def test_the_second_version_has_more(fill, count, gaps):
    [utterance] = CORPUS.find(fill("03a01Fa.wav")).utterances
    assert CORPUS.gaps([utterance] * count) == gaps


def test_other_files_and_copies_are_reported(fill):
    found = CORPUS.find(
        fill("03a01Fa.wav", "wav/03a01Fa.wav", "99a01Fa.wav", "03a01Xa.wav", "x.wav")
    )
    assert len(found.utterances) == 1
    assert "wav/03a01Fa.wav; kept 03a01Fa.wav" in found.notes[0]
    assert "2 files with codes that EMO-DB doesn't have" in found.notes[1]
    assert "1 file not named like 03a01Fa" in found.notes[2]
