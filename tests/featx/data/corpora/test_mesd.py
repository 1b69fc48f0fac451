"""MESD: no speakers, and words with underscores and accents."""

from featx.data.corpora.mesd import CORPUS

FOLDER = "Mexican Emotional Speech Database (MESD)"


def test_reads_names_and_says_that_speakers_are_unknown(fill):
    names = ("Disgust_C_A_basta_ya", "Fear_F_A_ma\u00f1ana", "Happiness_M_B_pelirrojo")
    found = CORPUS.find(fill(*(f"{FOLDER}/{name}.wav" for name in names)))
    assert {u.speaker for u in found.utterances} == {""}
    child, woman, man = found.utterances
    assert (child.label, child.extra["word"], child.extra["sex"]) == ("disgust", "basta_ya", "")
    assert (child.extra["voice"], woman.extra["voice"], man.extra["sex"]) == (
        "child",
        "woman",
        "male",
    )
    assert woman.utterance == "Fear_F_A_ma\u00f1ana"
    [remark] = found.notes
    assert "no speaker ids" in remark


def test_copies_whose_accents_are_written_differently_are_copies(fill):
    found = CORPUS.find(fill("Fear_F_A_ma\u00f1ana.wav", "mac/Fear_F_A_man\u0303ana.wav"))
    assert [u.utterance for u in found.utterances] == ["Fear_F_A_ma\u00f1ana"]
    assert "1 duplicate by name" in found.notes[0]
