"""TESS: speakers come from the files' names, never from folders that hold the label."""

from featx.data.corpora.tess import CORPUS

KAGGLE = "TESS Toronto emotional speech set data"
FILES = (
    "OAF_Fear/OAF_back_fear.wav",
    "OAF_Pleasant_surprise/OAF_back_ps.wav",
    "OAF_neutral/OA_bite_neutral.wav",
    "YAF_fear/YAF_back_fear.wav",
    "YAF_pleasant_surprised/YAF_back_ps.wav",
    "YAF_sad/YAF_germ_sad.wav",
)


def test_kaggles_archive_holds_itself_once_more(fill):
    inner = [f"{KAGGLE}/{KAGGLE}/{file}" for file in FILES]
    found = CORPUS.find(fill(*(f"{KAGGLE}/{file}" for file in FILES), *inner))
    assert [(u.utterance, u.speaker, u.label) for u in found.utterances] == [
        ("OAF_back_fear", "OAF", "fearful"),
        ("OAF_back_ps", "OAF", "surprised"),
        ("OAF_bite_neutral", "OAF", "neutral"),
        ("YAF_back_fear", "YAF", "fearful"),
        ("YAF_back_ps", "YAF", "surprised"),
        ("YAF_germ_sad", "YAF", "sad"),
    ]
    assert {u.path.parents[1].parent.name for u in found.utterances} != {KAGGLE}
    duplicates, misnamed, remark = found.notes
    assert duplicates.startswith("left out 6 duplicates by name, such as")
    assert misnamed == "OA_bite_neutral.wav is misnamed: read as OAF_bite_neutral"
    assert "two speakers" in remark
    assert found.utterances[0].extra == {
        "word": "back", "emotion": "fearful", "sex": "female", "age": "64",
    }  # fmt: skip


def test_folders_say_nothing_even_where_they_are_wrong(fill):
    [only] = CORPUS.find(fill("YAF_sad/oaf_WHITE_ps.wav")).utterances
    assert (only.speaker, only.label) == ("OAF", "surprised")


def test_too_few_of_a_speaker_and_label_are_named(fill):
    found = CORPUS.find(fill("OAF_back_fear.wav", "OAF_germ_joy.wav", "cat.wav"))
    assert "with codes that TESS doesn't have: OAF_germ_joy.wav" in found.notes[0]
    assert "not named like OAF_back_angry: cat.wav" in found.notes[1]
    [gap] = CORPUS.gaps(found.utterances)
    assert gap.startswith("1 of 2,800 utterances are here; too few: OAF angry (0 of 200)")
