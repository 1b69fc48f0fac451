"""CaFE: folders with accents, and the same recordings at two rates."""

import numpy as np
import pytest
import soundfile

from featx.data.corpora.cafe import CORPUS
from featx.data.listing.files import CorpusError


@pytest.mark.parametrize("folder", ["CaFE_48k/Colère/Faible", "CaFE_48k/Cole\u0300re/Faible"])
def test_reads_names_in_folders_of_any_unicode_form(fill, folder):
    angry, neutral = CORPUS.find(
        fill(f"{folder}/01-C-1-2.wav", "CaFE_48k/Neutre/08-N-1-6.wav")
    ).utterances
    assert (angry.utterance, angry.speaker, angry.label) == ("01-C-1-2", "01", "angry")
    assert angry.extra == {
        "emotion": "angry", "intensity": "weak", "sentence": "2", "sex": "male", "age": "46",
    }  # fmt: skip
    assert (neutral.label, neutral.extra["sex"]) == ("neutral", "female")


def test_aiff_is_listed_and_left_out_where_there_is_wav(fill):
    root = fill("CaFE_192k/02-J-2-1.aiff", "CaFE_48k/01-C-1-2.wav", "CaFE_192k/01-C-1-2.aiff")
    found = CORPUS.find(root)
    assert [u.utterance for u in found.utterances] == ["01-C-1-2", "02-J-2-1"]
    assert "1 duplicate by name (1 in another format)" in found.notes[0]


def test_two_rates_in_one_format_are_refused(fill):
    root = fill("CaFE_48k/01-C-1-2.wav")
    (root / "other").mkdir()
    soundfile.write(root / "other" / "01-C-1-2.wav", np.zeros(6400), 48_000)
    with pytest.raises(CorpusError, match=r"the name of another but not its content: other/01-C"):
        CORPUS.find(root)
