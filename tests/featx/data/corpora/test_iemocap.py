import pytest

from featx.data.corpora.files import CorpusError
from featx.data.corpora.iemocap import find_iemocap

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
EVALUATION = (
    HEADER
    + "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
    + "C-E2:\tNeutral;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
    + "[10.0100 - 11.3925]\tSes01F_impro01_M000\texc\t[4.5000, 4.0000, 3.0000]\n"
)
SCRIPTED = HEADER + "[1.0000 - 2.0000]\tSes01F_script01_1_M003\txxx\t[2.0000, 2.5000, 3.0000]\n"
FIRST = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
SECOND = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav"
THIRD = "Session1/sentences/wav/Ses01F_script01_1/Ses01F_script01_1_M003.wav"


def evaluate(root, name, text):
    path = root / "Session1/dialog/EmoEvaluation" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def release(fill):
    root = fill(FIRST, SECOND, THIRD)
    evaluate(root, "Ses01F_impro01.txt", EVALUATION)
    evaluate(root, "Ses01F_script01_1.txt", SCRIPTED)
    evaluate(root, "._Ses01F_impro01.txt", EVALUATION)
    evaluate(root, "Categorical/Ses01F_impro01_e1_cat.txt", "Ses01F_impro01_F000 :Neutral; ()\n")
    return root


def test_reads_labels_with_their_audio(release):
    first, second, third = find_iemocap(release).utterances
    assert first.utterance == "Ses01F_impro01_F000"
    assert first.path == release / FIRST
    assert (first.session, first.speaker, first.label) == ("1", "Ses01F", "neutral")
    assert (first.start, first.end) == (None, None)
    assert second.extra == {
        "emotion_code": "exc",
        "sex": "male",
        "scenario": "improvised",
        "valence": "4.5000",
        "activation": "4.0000",
        "dominance": "3.0000",
    }
    assert (second.speaker, second.label) == ("Ses01M", "excited")
    assert (third.label, third.extra["scenario"]) == ("undecided", "scripted")


def test_root_may_be_the_parent(release):
    (release / "parent").mkdir()
    (release / "parent" / "IEMOCAP_full_release").symlink_to(release)
    assert len(find_iemocap(release / "parent").utterances) == 3


def test_scenarios_are_chosen_and_the_other_is_counted(release):
    improvised = find_iemocap(release, "improvised")
    assert {u.extra["scenario"] for u in improvised.utterances} == {"improvised"}
    assert "left out 1 scripted utterance" in improvised.notes
    assert "2 of 4,784 utterances are here, from session 1" in improvised.notes
    [scripted] = find_iemocap(release, "scripted").utterances
    assert scripted.utterance == "Ses01F_script01_1_M003"


def test_unreadable_lines_are_reported_with_their_place(release):
    evaluate(
        release,
        "Ses01F_impro02.txt",
        HEADER
        + "[1.0 - 2.0]\tSes01F_impro02_F000\thmm\t[2.5000, 2.5000, 2.5000]\n"
        + "[1.0 - 2.0] Ses01F_impro02_F001\n"
        + "[1.0 - 2.0]\tSes01F_impro02_F002\tang\t[2.5000, 2.5000, 2.5000]\n"
        + "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n",
    )
    found = find_iemocap(release)
    assert len(found.utterances) == 3
    file = "Session1/dialog/EmoEvaluation/Ses01F_impro02.txt"
    assert found.notes[:3] == [
        f"left out 2 unreadable label lines: {file} line 3, {file} line 4",
        f"left out 1 repeated label line: {file} line 6",
        "left out 1 missing recording: "
        "Session1/sentences/wav/Ses01F_impro02/Ses01F_impro02_F002.wav",
    ]


def test_labels_without_any_audio_are_an_error(fill):
    evaluate(fill(), "Ses01F_impro01.txt", EVALUATION)
    with pytest.raises(CorpusError, match=r"(?s)with audio.*2 missing recordings.*holds"):
        find_iemocap(fill())


def test_nothing_found_says_what_was_looked_for(fill):
    with pytest.raises(
        CorpusError, match=r"(?s)found no IEMOCAP: Session\[1-5\]/dialog.*holds a.wav"
    ):
        find_iemocap(fill("a.wav"))


def test_two_releases_must_be_told_apart(release):
    for name in ("full", "partial"):
        (release / "both" / name).mkdir(parents=True)
        (release / "both" / name / "Session1").symlink_to(release / "Session1")
    with pytest.raises(CorpusError, match=r"several releases, give one: .*full.*partial"):
        find_iemocap(release / "both")
