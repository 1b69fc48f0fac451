import pytest

import featx
from featx.data.corpora.iemocap import CORPUS, find_iemocap
from featx.data.listing.files import CorpusError
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import read_protocol

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
    assert (first.extra["agreement"], first.extra["p_neutral"]) == ("1.00", "1")
    assert (second.speaker, second.label) == ("Ses01M", "excited")
    assert (third.label, third.extra["scenario"]) == ("undecided", "scripted")


def test_a_single_session_is_refused(release):
    with pytest.raises(CorpusError, match=r"is a session of IEMOCAP; give the folder around Sess"):
        find_iemocap(release / "Session1")


def test_root_may_be_the_parent(release):
    (release / "parent").mkdir()
    (release / "parent" / "IEMOCAP_full_release").symlink_to(release)
    assert len(find_iemocap(release / "parent").utterances) == 3


def test_scenarios_are_chosen_and_the_other_is_counted(release):
    improvised = find_iemocap(release, "improvised")
    assert {u.extra["scenario"] for u in improvised.utterances} == {"improvised"}
    assert "left out 1 scripted utterance" in improvised.notes
    assert CORPUS.gaps(improvised.utterances) == ["2 of 4,784 utterances are here, from session 1"]
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


def test_every_form_of_annotators_lines_gives_agreement_and_soft_labels(release):
    def label(number, code):
        return f"[1.0 - 2.0]\tSes01F_impro01_F{number:03}\t{code}\t[2.5000, 2.5000, 2.5000]\n"

    evaluate(
        release,
        "Ses01F_impro01.txt",
        HEADER
        + label(0, "neu")
        + "C-E2:\tNeutral;\t()\nC-E3:\tNeutral; Anger;\t(curious; tense)\n"
        + "C-E4:\tOther;\t(annoyed)\nC-F1:\tAnger;\t()\n"
        + "A-E3:\tval 3; act 2; dom  3;\t(guarded)\nA-F1:\tval 3; act 2; dom  1;\t()\n\n"
        + label(1, "ang")
        + "C-E1: Anger; ()\nC-E2: anger ()\n  C-E3 :\tAnger;\t()\nC-M1:\tFear;\t()\n\n"
        + label(2, "xxx")
        + "C-E1:\tNeutral state;\t()\nC-E2:\tHappiness; Excited;\t()\nC-E3:\tSurprised;\n",
    )
    names = [f"Ses01F_impro01_F{number:03}" for number in range(3)]
    for name in names[1:]:
        (release / FIRST).with_stem(name).write_bytes((release / FIRST).read_bytes())
    found = find_iemocap(release, "improvised")
    columns = ("agreement", "p_neutral", "p_happy", "p_angry", "p_surprised", "p_excited",
               "p_other", "p_fearful")  # fmt: skip
    cells = [[u.extra.get(column, "") for column in columns] for u in found.utterances]
    assert [u.utterance for u in found.utterances] == names
    assert cells == [
        ["0.50", "0.5", "0", "0.1667", "0", "0", "0.3333", ""],
        ["1.00", "0", "0", "1", "0", "0", "0", ""],
        ["0.00", "0.3333", "0.1667", "0", "0.3333", "0.1667", "0", ""],
    ]
    assert not any("annotators" in note for note in found.notes)


def test_unreadable_and_missing_annotators_are_named_and_leave_the_cells_empty(release):
    evaluate(
        release,
        "Ses01F_impro01.txt",
        EVALUATION.replace(
            "C-E2:\tNeutral;\t()", "C-E2:\tNeutral;\t()\nC-E3:\tWeary;\t()\nE4: Fear"
        ),
    )
    found = find_iemocap(release)
    assert not any("agreement" in utterance.extra for utterance in found.utterances)
    file = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    assert (
        f"2 unreadable lines of annotators, agreement left empty: {file} line 5, {file} line 6"
        in found.notes
    )
    assert (
        "2 utterances without annotators' lines, agreement left empty: "
        "Ses01F_impro01_M000, Ses01F_script01_1_M003" in found.notes
    )


def test_the_manifest_keeps_the_columns_and_the_protocol_full_agreement(release, tmp_path):
    second = "Ses01F_impro01_M000\texc\t[4.5000, 4.0000, 3.0000]\n"
    evaluate(
        release,
        "Ses01F_impro01.txt",
        EVALUATION.replace(second, second + "C-E1: Excited; ()\nC-E2: Happiness; ()\n"),
    )
    manifest = featx.build_manifest("iemocap", release, tmp_path / "new.csv")
    assert [u.extra["agreement"] for u in manifest.utterances] == ["1.00", "0.50", ""]
    full = read_protocol("iemocap-issa2020").model_copy(update={"labels": ()})
    kept = apply_protocol(manifest, full).kept
    assert [u.utterance for u in kept.utterances] == ["Ses01F_impro01_F000"]
