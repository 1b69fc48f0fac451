"""JL-Corpus: a folder with spaces and brackets, texts beside the sounds."""

import featx
from featx.data.corpora.jl_corpus import CORPUS

FOLDER = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"


def test_reads_kaggles_folder(fill, tmp_path):
    root = fill(f"{FOLDER}/male1_angry_10a_1.wav", f"{FOLDER}/female2_apologetic_15b_2.wav")
    (root / FOLDER / "male1_angry_10a_1.txt").write_text("text")
    built = featx.build_manifest("jl-corpus", root, tmp_path / "m" / "new.csv")
    sorry, angry = built.utterances
    assert (sorry.speaker, sorry.label, sorry.column("kind")) == (
        "female2", "apologetic", "secondary",
    )  # fmt: skip
    assert (angry.utterance, angry.speaker, angry.label) == ("male1_angry_10a_1", "male1", "angry")
    assert [angry.column(c) for c in ("sentence", "repetition", "sex", "kind")] == [
        "10a", "1", "male", "primary",
    ]  # fmt: skip
    assert angry.session == ""  # both repetitions share all speakers: no session


def test_unknown_emotions_and_speakers_are_left_out(fill):
    found = CORPUS.find(fill("male1_sad_1a_1.wav", "male3_sad_1a_1.wav", "male1_bored_1a_1.wav"))
    assert [u.utterance for u in found.utterances] == ["male1_sad_1a_1"]
    assert "2 files with codes that JL-Corpus doesn't have" in found.notes[0]
    assert "four speakers" in found.notes[-1]
