"""AESDD: spaces, brackets, second takes and zeros in the files' names."""

from featx.data.corpora.aesdd import CORPUS


def test_reads_the_names_as_they_are(fill):
    names = (
        "anger/a03 (3)",
        "disgust/d04 (5)b",
        "fear/f10 (01)",
        "sadness/s01 (5)a",
        "happiness/h02_(6)",
    )
    found = CORPUS.find(fill(*(f"Acted Emotional Speech Dynamic Database/{n}.wav" for n in names)))
    by_name = {u.utterance: u for u in found.utterances}
    assert {name: (u.speaker, u.label) for name, u in by_name.items()} == {
        "a03 (3)": ("3", "angry"),
        "d04 (5)b": ("5", "disgust"),
        "f10 (01)": ("1", "fearful"),
        "s01 (5)a": ("5", "sad"),
        "h02_(6)": ("6", "happy"),
    }
    assert by_name["d04 (5)b"].extra == {"emotion": "disgust", "sentence": "04", "take": "b"}


def test_takes_count_once_new_speakers_not_at_all_and_the_broken_file_is_named(fill):
    found = CORPUS.find(fill("s05 (3).wav", "s01 (5)a.wav", "s01 (5)b.wav", "a01 (7).wav"))
    missing, faulty = CORPUS.gaps(found.utterances)
    assert missing.startswith("2 of 597 utterances are here; too few: 1 angry (0 of 20)")
    assert "s05 (3)" in faulty
