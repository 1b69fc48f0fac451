import json

import pytest

from featx.data.corpora.msp_podcast import CORPUS, RELEASES, find_msp_podcast
from featx.data.listing.files import CorpusError
from featx.errors import FeatxError

HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
ROWS = (
    "MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1\n"
    "MSP-PODCAST_0001_0009.wav,X,3.777778,3.5,3.7,Unknown,Unknown,Train\n"
    "MSP-PODCAST_0002_0001.wav,U,6.5,nan,5,7,Female,Development\n"
    "MSP-PODCAST_0002_0002.wav,C,3,3,4,7,Female,Test2\n"
)
FILES = [
    f"Audios/MSP-PODCAST_{n}.wav" for n in ("0001_0008", "0001_0009", "0002_0001", "0002_0002")
]


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")


@pytest.fixture
def release(fill):
    root = fill(*FILES)
    write(root, "Labels/labels_consensus.csv", HEADER + ROWS)
    return root


def test_reads_consensus_labels_partitions_and_attributes(release):
    first, second, third, fourth = find_msp_podcast(release).utterances
    assert (first.utterance, first.path) == ("MSP-PODCAST_0001_0008", release / FILES[0])
    assert (first.speaker, first.label, first.split) == ("30", "neutral", "test")
    assert first.extra == {
        "emotion_code": "N",
        "sex": "male",
        "partition": "Test1",
        "activation": "2.2",
        "valence": "4.0",
        "dominance": "2.6",
    }
    assert (second.label, second.split) == ("undecided", "train")
    assert (third.label, third.split, third.extra["valence"]) == ("surprised", "validation", "")
    assert (fourth.label, fourth.extra["partition"]) == ("contempt", "Test2")


def test_unknown_speakers_are_nobody_and_not_a_person(release):
    found = find_msp_podcast(release)
    assert [u.speaker for u in found.utterances] == ["30", "", "7", "7"]
    assert found.utterances[1].extra["sex"] == ""
    assert found.notes == ["the speaker of 1 turn is unknown, so left empty"]


@pytest.mark.parametrize(
    ("table", "audio"),
    [
        ("Labels/labels_concensus.csv", "Audios/"),  # until release 1.9
        ("Labels/Labels/labels_consensus.csv", "Audios/Audios/"),  # unpacked twice
        ("MSP/label/labels_concensus.csv", "MSP/Audio/"),
    ],
)
def test_layouts_of_releases(fill, table, audio):
    root = fill(*(audio + name.split("/")[1] for name in FILES))
    write(root, table, HEADER + ROWS)
    write(root, "Previous_releases_information/v1.6/labels_consensus.csv", HEADER)
    assert len(find_msp_podcast(root).utterances) == 4


def test_folders_around_the_corpus_change_nothing(fill):
    around = "Previous_releases_information/Transcripts/"
    root = fill(*(around + name for name in FILES))
    write(root / around, "Labels/labels_consensus.csv", HEADER + ROWS)
    write(root / around, "MSP-PODCAST_0001_0008.txt", "no transcript")
    found = find_msp_podcast(root / around)
    assert len(found.utterances) == 4
    assert "text" not in found.utterances[0].extra


def test_files_of_equal_names_and_several_tables_must_be_the_same(fill, release):
    fill(f"more/{FILES[0]}")
    assert "left out 1 duplicate by name" in find_msp_podcast(release).notes[0]
    (release / f"more/{FILES[0]}").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=r"1 file has the name of another"):
        find_msp_podcast(release)
    write(release, "more/labels_consensus.csv", HEADER)
    with pytest.raises(CorpusError, match=r"holds 2 tables of labels: .*more/labels_consensus"):
        find_msp_podcast(release)


def test_votes_and_transcripts_become_columns(release):
    votes = {
        "MSP-PODCAST_0001_0008.wav": {
            "WORKER1": {"EmoClass_Major": "Neutral"},
            "WORKER2": {"EmoClass_Major": "Other-annoyed"},
            "WORKER3": {"EmoClass_Major": "Neutral"},
        },
        "MSP-PODCAST_0002_0001.wav": {"WORKER1": {"EmoClass_Major": "Puzzled"}},
    }
    write(release, "Labels/labels_detailed.json", json.dumps(votes))
    write(release, "Transcripts/MSP-PODCAST_0001_0008.txt", "well,\n that is it \n")
    found = find_msp_podcast(release)
    extra = found.utterances[0].extra
    assert extra["text"] == "well, that is it"
    assert (extra["agreement"], extra["p_neutral"], extra["p_other"]) == (
        "0.67",
        "0.6667",
        "0.3333",
    )
    assert "agreement" not in found.utterances[2].extra
    assert found.notes[-1].startswith(
        "1 turn with unknown votes, agreement left empty: MSP-PODCAST_0002"
    )


@pytest.mark.parametrize(
    "table",
    [
        "FileName,WorkerID,EmoClass_Major\n{0},W1,Happy\n{0},W2,Fear\n{0},W1,Sad\n",  # W1 voted
        "FileName,EmoDetail\n{0},W1; Happy; Happy|Sad; A:5; V:6; D:4;\n{0},W2; Fear; ; A:1;\n",
        "Workers,FileName,EmoClass_Major\nW1,{0},Happy\nW2,{0},fear\n",
    ],
)
def test_detailed_tables_of_all_releases(release, table):
    write(release, "Labels/labels_detailed.csv", table.format("MSP-PODCAST_0001_0008.wav"))
    extra = find_msp_podcast(release).utterances[0].extra
    assert (extra["p_happy"], extra["p_fearful"], extra["agreement"]) == ("0.5", "0.5", "0.00")


def test_what_is_missing_or_too_much_is_counted(fill):
    root = fill(*FILES[:2], "Audios/MSP-PODCAST_Test3_0001.wav", "Audios/._MSP-PODCAST_1_1.wav")
    more = "MSP-PODCAST_0003_0001.wav,Z,1,1,1,8,Male,Train\n"
    write(root, "Labels/labels_consensus.csv", HEADER + ROWS + more)
    assert find_msp_podcast(root).notes == [
        "left out 1 turn of labels that MSP-Podcast doesn't have: Z",
        "the speaker of 1 turn is unknown, so left empty",
        "left out 3 utterances whose file is missing: MSP-PODCAST_0002_0001, "
        "MSP-PODCAST_0002_0002, MSP-PODCAST_0003_0001",
        "left out 1 file that no table lists: MSP-PODCAST_Test3_0001",
    ]


def test_gaps_compare_with_published_releases(release):
    utterances = find_msp_podcast(release).utterances
    counted, shared = CORPUS.gaps(utterances)
    assert counted == (
        "4 turns are here; release 1.11 has 149,307, 1.12 has 203,936, 2.0 has 264,705"
    )
    assert shared == "Test1, Test2 share speakers with each other, as published"
    assert RELEASES["1.11"] == 84_030 + 19_815 + 30_647 + 14_815  # train, development, tests


def test_refused_in_sentences(fill):
    root = fill("Audios/MSP-PODCAST_0001_0008.wav")
    with pytest.raises(
        CorpusError, match=r"(?s)found no MSP-Podcast: Labels/labels_con.*holds Audios"
    ):
        find_msp_podcast(root)
    write(root, "Labels/labels_consensus.csv", HEADER.replace("SpkrID", "Speaker") + ROWS)
    with pytest.raises(FeatxError, match=r"column 'SpkrID' is missing"):
        find_msp_podcast(root)
    write(root, "Labels/labels_consensus.csv", HEADER + ROWS[ROWS.index("\n") + 1 :])
    with pytest.raises(CorpusError, match=r"(?s)found no audio of labels_con.*3 utterances whose"):
        find_msp_podcast(root)
