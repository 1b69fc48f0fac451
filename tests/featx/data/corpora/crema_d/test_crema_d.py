"""CREMA-D: acted labels by name, perceived ones from the repository's table."""

import pytest

import featx
from featx.data.corpora.crema_d import CORPUS, find_crema_d
from featx.data.listing.files import CorpusError

NAMES = ("1001_IEO_ANG_MD", "1001_IEO_HAP_LO", "1002_DFA_SAD_XX", "1091_TIE_NEU_XX")
HEADER = '"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel"'
TABLE = f"""{HEADER},"MultiModalVote","MultiModalLevel"
"1","1001_IEO_ANG_MD","A:D","37.2:58.6","A","45.5","A","44.2"
"2","1001_IEO_HAP_LO","N","71.67","H","57","H","57.38"
"3","1002_DFA_SAD_XX","N","65.71","N:S","88.8:49.2","N","56.83"
"""
PEOPLE = """"ActorID","Age","Sex","Race","Ethnicity"
1001,51,"Male","Caucasian","Not Hispanic"
1002,21,"Female","Caucasian","Hispanic"
"""


@pytest.fixture
def kaggle(fill):
    """The files alone, as on Kaggle."""
    return fill(*(f"AudioWAV/{name}.wav" for name in NAMES))


@pytest.fixture
def repository(kaggle):
    """The files with the tables around them, as on GitHub."""
    (kaggle / "processedResults").mkdir()
    (kaggle / "processedResults" / "summaryTable.csv").write_text(TABLE)
    (kaggle / "VideoDemographics.csv").write_text(PEOPLE)
    return kaggle


def test_names_say_who_acts_what(kaggle):
    angry, happy, sad, neutral = find_crema_d(kaggle).utterances
    assert (angry.utterance, angry.speaker, angry.label) == (NAMES[0], "1001", "angry")
    assert angry.extra == {
        "sentence": "It's eleven o'clock",
        "emotion": "angry",
        "level": "medium",
        "sex": "male",
    }
    assert (happy.label, happy.extra["level"]) == ("happy", "low")
    assert (sad.speaker, sad.label, sad.extra["sex"]) == ("1002", "sad", "female")
    assert (neutral.speaker, neutral.extra["level"]) == ("1091", "unspecified")


def test_tables_that_differ_are_refused(repository):
    (repository / "copy").mkdir()
    (repository / "copy/summaryTable.csv").write_text(TABLE)
    assert find_crema_d(repository).utterances[0].column("voice_vote") == "angry+disgust"
    (repository / "copy/summaryTable.csv").write_text(TABLE.replace("A:D", "A"))
    with pytest.raises(CorpusError, match=r"holds 2 tables summaryTable\.csv: copy/summaryTable"):
        find_crema_d(repository)


@pytest.mark.parametrize("below", ["", "AudioWAV"])
def test_tables_are_read_wherever_the_root_is(repository, below):
    angry, _, sad, neutral = find_crema_d(repository / below).utterances
    assert [angry.label, sad.label] == ["angry", "sad"]
    assert angry.extra["voice_vote"] == "angry+disgust"
    assert angry.extra["voice_level"] == "37.2+58.6"
    assert angry.extra["multimodal_vote"] == "angry"
    assert sad.extra["face_vote"] == "neutral+sad"
    assert (sad.extra["age"], sad.extra["ethnicity"]) == ("21", "Hispanic")
    assert "voice_vote" not in neutral.extra


def test_raters_can_give_the_label_where_they_agree(repository, tmp_path):
    heard = find_crema_d(repository, "voice")
    assert {u.utterance: u.label for u in heard.utterances} == {
        "1001_IEO_HAP_LO": "neutral",
        "1002_DFA_SAD_XX": "neutral",
    }
    assert [u.column("emotion") for u in heard.utterances] == ["happy", "sad"]
    assert heard.notes == [
        "left out 1 utterance with a tied voice_vote: 1001_IEO_ANG_MD (angry+disgust)",
        "left out 1 utterance without a voice_vote: 1091_TIE_NEU_XX",
    ]
    seen = featx.build_manifest(
        "crema-d", repository, tmp_path / "new.csv", label_source="audiovisual"
    )
    assert [u.label for u in seen.utterances] == ["angry", "happy", "neutral"]
    assert {u.column("corpus") for u in seen.utterances} == {"crema-d"}


def test_perceived_labels_need_the_table(kaggle):
    with pytest.raises(
        CorpusError, match=r"`label_source=voice`: needs .*summaryTable\.csv.*has it"
    ):
        find_crema_d(kaggle, "voice")


def test_a_table_that_is_none_is_named(repository):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"
    (repository / "processedResults" / "summaryTable.csv").write_text(pointer)
    with pytest.raises(featx.FeatxError, match=r"(?s)summaryTable\.csv.*'FileName' is missing"):
        find_crema_d(repository)


def test_known_faults_are_named_and_a_misnamed_file_is_read(fill):
    root = fill(
        "1076_MTI_SAD_XX.wav", "1064_IEO_DIS_MD.wav", "1040_ITH_SAD_X.wav", "1099_DFA_ANG_XX.wav"
    )
    found = find_crema_d(root)
    assert {u.utterance for u in found.utterances} == {
        "1076_MTI_SAD_XX", "1064_IEO_DIS_MD", "1040_ITH_SAD_XX",
    }  # fmt: skip
    assert found.notes == [
        "1040_ITH_SAD_X.wav is misnamed: read as 1040_ITH_SAD_XX",
        "left out 1 file with codes that CREMA-D doesn't have: 1099_DFA_ANG_XX.wav",
    ]
    missing, faults = CORPUS.gaps(found.utterances)
    assert missing.startswith("3 of 7,442 utterances are here; too few: angry (0 of 1,271)")
    assert faults == (
        "2 utterances known to be faulty: 1064_IEO_DIS_MD (raters had a minute with several "
        "emotions), 1076_MTI_SAD_XX (silent)"
    )
