import pytest

from featx.data.corpora.emodb import CORPUS, find_emodb
from featx.data.listing.files import CorpusError


@pytest.mark.parametrize("folder", ["", "wav/"])
def test_reads_names(fill, folder):
    found = find_emodb(fill(f"{folder}08b10Wb.wav", f"{folder}03a01Fa.wav"))
    man, woman = found.utterances
    assert (man.utterance, man.speaker, man.label) == ("03a01Fa", "03", "happy")
    assert man.extra == {"text": "a01", "version": "a", "sex": "male"}
    assert (woman.utterance, woman.speaker, woman.label) == ("08b10Wb", "08", "angry")
    assert woman.extra == {"text": "b10", "version": "b", "sex": "female"}
    assert CORPUS.gaps(found.utterances) == ["2 of 535 utterances are here"]
    assert not found.notes


def test_other_files_and_copies_are_reported(fill):
    found = find_emodb(fill("03a01Fa.wav", "wav/03a01Fa.wav", "99a01Fa.wav", "03a01Xa.wav"))
    assert len(found.utterances) == 1
    assert "wav/03a01Fa.wav; kept 03a01Fa.wav" in found.notes[0]
    assert "2 files not named like 03a01Fa" in found.notes[1]


def test_nothing_found_says_what_is_there(fill):
    with pytest.raises(CorpusError, match=r"(?s)found no EMO-DB.*holds notes.wav"):
        find_emodb(fill("notes.wav"))
