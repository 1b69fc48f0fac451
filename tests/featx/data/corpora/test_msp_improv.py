import pytest

from featx.data.corpora.msp_improv import CORPUS, find_msp_improv
from featx.data.listing.files import CorpusError

NAMES = ["MSP-IMPROV-S01A-F01-P-FM01", "MSP-IMPROV-S01A-F01-T-FF01", "MSP-IMPROV-S20S-M06-R-MM02"]
FILES = [f"session{n[18]}/{n[11:15]}/{n[20]}/{n}.wav" for n in NAMES]
EVALUATION = """UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.333333; V:3.0; D:NaN ; N:4.200000;
person-1; Neutral; Calm, (tired; really) ; A:3.000000; V:3.000000; D:3.000000; N:4.000000;
person_2; Other; ; A:3.000000; V:3.000000; D:NaN; N:4.000000;
person_2; Other; ; A:3.000000; V:3.000000; D:NaN; N:4.000000;

UTD-IMPROV-S01A-F01-T-FF01.avi; A; A:2.3; V:2.0; D:3.1 ; N:3.0;
person-1; Angry; Angry,; A:2.0; V:2.0; D:3.0; N:3.0;
UTD-IMPROV-S20S-M06-R-MM02.avi; X; A:2.3; V:2.0; D:3.1 ; N:3.0;
"""


@pytest.fixture
def corpus(fill):
    root = fill(*FILES)
    (root / "Evaluation.txt").write_text(EVALUATION)
    return root


def test_reads_labels_speakers_scenarios_and_votes(corpus):
    first, second, third = find_msp_improv(corpus).utterances
    assert (first.utterance, first.path) == (NAMES[0], corpus / FILES[0])
    assert (first.speaker, first.session, first.label) == ("F01", "1", "neutral")
    assert first.extra == {
        "emotion_code": "N",
        "sex": "female",
        "scenario": "natural",
        "sentence": "01",
        "acted": "angry",
        "activation": "3.333333",
        "valence": "3.0",
        "dominance": "",
        "naturalness": "4.200000",
        "agreement": "0.50",
        "p_neutral": "0.5",
        "p_angry": "0",
        "p_other": "0.5",
    }
    assert (second.label, second.extra["agreement"]) == ("angry", "1.00")
    assert second.extra["scenario"] == "target-improvised"
    assert (third.speaker, third.session, third.label) == ("M06", "6", "undecided")
    assert (third.extra["scenario"], third.extra["acted"]) == ("target-read", "sad")


def test_a_misspelt_table_transcripts_and_one_folder_more(corpus):
    table = corpus / "Evaluation.txt"
    table.rename(corpus / "Evalution.txt")
    (corpus / "Human_transcriptions").mkdir()
    (corpus / f"Human_transcriptions/{NAMES[1]}.txt").write_text("I am \nfine\n")
    texts = [u.extra.get("text", "") for u in find_msp_improv(corpus.parent).utterances]
    assert texts == ["", "I am fine", ""]


def test_what_is_missing_unreadable_or_too_much_is_said(fill, corpus):
    fill("session1/MSP-IMPROV-S02A-F01-P-FM01.wav", "session1/._MSP-IMPROV-S02A-F01-P-FM02.wav")
    (corpus / FILES[2]).unlink()
    with (corpus / "Evaluation.txt").open("a") as file:
        file.write("UTD-IMPROV-S02H-F01-P-FM01.avi; ?; A:1; V:1; D:1; N:1;\nperson-1; Sad\n")
    fill("session1/MSP-IMPROV-S02H-F01-P-FM01.wav")  # whose line is there, if unreadable
    table = corpus / "Evaluation.txt"
    table.write_text(table.read_text().replace("person-1; Angry", "person-1; Gloomy"))
    found = find_msp_improv(corpus)
    assert found.notes == [
        f"left out 1 utterance whose file is missing: {NAMES[2]}",
        "left out 1 file that no table lists: MSP-IMPROV-S02A-F01-P-FM01",
        "left out 1 unreadable line of Evaluation.txt: line 9",
        f"1 turn with unknown votes, agreement left empty: {NAMES[1]}",
    ]
    assert not found.utterances[1].column("agreement")


def test_files_of_equal_names_and_several_tables_must_be_the_same(fill, corpus):
    fill(f"copy/{NAMES[0]}.wav")
    (corpus / "copy/Evaluation.txt").write_text(EVALUATION)
    assert "left out 1 duplicate by name" in find_msp_improv(corpus).notes[0]
    (corpus / "copy/Evaluation.txt").write_text(EVALUATION.replace("; N;", "; S;"))
    with pytest.raises(
        CorpusError, match=r"holds 2 tables of labels: Evaluation\.txt, copy/Evaluation\.txt"
    ):
        find_msp_improv(corpus)
    (corpus / "copy/Evaluation.txt").unlink()
    (corpus / f"copy/{NAMES[0]}.wav").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=r"1 file has the name of another"):
        find_msp_improv(corpus)


def test_gaps_compare_with_the_published_scenarios(corpus):
    [gap] = CORPUS.gaps(find_msp_improv(corpus).utterances)
    assert gap.startswith("3 of 8,438 turns are here; too few: natural (1 of 2,785)")
    assert "target-read (1 of 620)" in gap


def test_refused_in_sentences(fill, corpus):
    for file in FILES:
        (corpus / file).unlink()
    with pytest.raises(
        CorpusError, match=r"(?s)found no audio named like MSP-IMPROV.*3 utterances"
    ):
        find_msp_improv(corpus)
    (corpus / "Evaluation.txt").unlink()
    with pytest.raises(
        CorpusError, match=r"(?s)found no MSP-IMPROV: Evaluation\.txt.*holds session1"
    ):
        find_msp_improv(corpus)
