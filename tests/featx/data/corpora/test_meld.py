import pytest

import featx
from featx.data.corpora.meld import CORPUS, FULL, find_meld
from featx.data.listing.files import CorpusError

HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\n"
)
TRAIN = HEADER + (
    '1,"also, I\x92m sure",Chandler,joy,positive,0,0,8,21,"00:16:16,059","00:16:21,731"\n'
    '2,No!,All,anger,negative,0,1,8,21,"00:16:21,940","00:16:23,442"\n'
    '3,Oh.,Monica,neutral,neutral,125,3,8,21,"00:16:21,940","00:16:23,442"\n'
)
DEV = HEADER + '1,Hey,Chandler,sadness,negative,0,0,4,7,"0:20:57,256","0:21:00,049"\n'
TEST = HEADER + '1,What?,Joey and Ross,fear,negative,38,4,3,19,"0:14:38,127","0:14:40,378"\n'


def write(root, **tables):
    root.mkdir(parents=True, exist_ok=True)
    for part, text in tables.items():
        (root / part).parent.mkdir(exist_ok=True)
        (root / f"{part}_sent_emo.csv").write_text(text, "utf-8")
    return root


def test_sound_beside_the_clips_is_used_as_it_is(fill):
    root = fill("train_splits/dia0_utt0.wav", "train_splits/dia0_utt1.flac",
                "dev_splits_complete/dia0_utt0.wav", "output_repeated_splits_test/dia38_utt4.wav",
                "output_repeated_splits_test/final_videos_testdia101_utt0.wav")  # fmt: skip
    write(root, train=TRAIN, dev=DEV, test=TEST)
    (root / "train_splits/dia0_utt0.mp4").touch()  # whose sound is there already
    found = find_meld(root)
    facts = [(u.utterance, u.speaker, u.label, u.split) for u in found.utterances]
    assert facts == [
        ("train_dia0_utt0", "Chandler", "happy", "train"),
        ("train_dia0_utt1", "", "angry", "train"),
        ("dev_dia0_utt0", "Chandler", "sad", "validation"),
        ("test_dia38_utt4", "", "fearful", "test"),
    ]
    assert found.utterances[0].extra == {
        "text": "also, I’m sure",
        "dialogue": "0",
        "sentiment": "positive",
        "season": "8",
        "episode": "21",
    }
    assert found.notes == [
        "left out 1 utterance whose file is missing: train_dia125_utt3",
        "left out 1 file that no table lists: test_final_videos_testdia101_utt0",
    ]


@pytest.mark.parametrize(
    ("tables", "train", "test"),
    [
        ("MELD.Raw", "MELD.Raw/train_splits", "MELD.Raw/output_repeated_splits_test"),
        ("MELD.Raw", "MELD.Raw/train/train_splits", "MELD.Raw/test/output_repeated_splits_test"),
        ("M/MELD.Raw/train", "M/MELD.Raw/train/train_splits", "M/MELD.Raw/test/x"),
        ("text", "audio/train", "audio/test"),
    ],
)  # fmt: skip
def test_layouts_of_copies(fill, tables, train, test):
    root = fill(f"{train}/dia0_utt0.wav", f"{test}/dia38_utt4.wav", f"{train}/._dia0_utt1.wav")
    write(root / tables, train=TRAIN, test=TEST)
    names = [u.utterance for u in find_meld(root).utterances]
    assert names == ["train_dia0_utt0", "test_dia38_utt4"]


def test_films_are_unpacked_where_asked(tmp_path, tone, write_film):
    root = write(tmp_path / "MELD.Raw", train=TRAIN, dev=DEV)
    for place in (
        "train_splits/dia0_utt0",
        "train_splits/dia0_utt1",
        "dev_splits_complete/dia0_utt0",
    ):
        write_film(root / f"{place}.mp4", tone(0.2))
    (root / "train_splits/._dia0_utt0.mp4").write_bytes(b"x")
    (root / "train_splits/dia125_utt3.mp4").write_bytes(b"\0" * 48)
    with pytest.raises(CorpusError, match=r"sound of 4 utterances is in films such as .*`unpack`"):
        find_meld(root)
    manifest = featx.build_manifest("meld", root, tmp_path / "m.csv", unpack=tmp_path / "sound")
    assert [u.path.name.rpartition("-")[0] for u in manifest.utterances] == [
        "train_dia0_utt0",
        "train_dia0_utt1",
        "dev_dia0_utt0",
    ]
    [note] = find_meld(root, str(tmp_path / "sound")).notes
    assert note == (
        "left out 1 sound that can't be unpacked: train_dia125_utt3 (can't be decoded (Invalid "
        "data found when processing input))"
    )


def test_clips_of_the_same_name_must_be_the_same(fill):
    root = write(fill("train_splits/dia0_utt0.wav", "copy/train/dia0_utt0.wav"), train=TRAIN)
    assert "left out 1 duplicate by name" in find_meld(root).notes[0]
    (root / "copy/train/dia0_utt0.wav").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=r"1 file has the name of another but not its content"):
        find_meld(root)


def test_gaps_name_what_is_published_and_known_to_be_faulty(fill):
    root = fill("train/dia125_utt3.wav", "test/dia38_utt4.wav")
    write(root, train=TRAIN, test=TEST)
    parts, faults = CORPUS.gaps(find_meld(root).utterances)
    assert parts == (
        "2 of 13,706 utterances are here; too few: train (1 of 9,988), validation (0 of 1,108), "
        "test (1 of 2,610)"
    )
    assert faults == (
        "2 utterances known to be faulty: train_dia125_utt3 (can't be decoded as published), "
        "test_dia38_utt4 (cut wrongly, minutes long)"
    )
    assert sum(FULL.values()) == 9_989 + 1_109 + 2_610 - 2


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, r"found no MELD: train_sent_emo\.csv, dev_sent_emo\.csv or test_sent_emo\.csv"),
        (
            {"train": TRAIN, "copy/train": TRAIN.replace("joy", "anger")},
            r"the tables have 1 utterance twice, .*: train_dia0_utt0 of copy/train_sent_emo\.csv",
        ),
        ({"train": TRAIN.replace("joy", "glee")}, r"MELD has no emotion glee"),
        ({"dev": DEV}, r"(?s)found no clip of MELD's tables.*1 utterance whose file is missing"),
    ],
)
def test_refused_in_sentences(fill, tables, message):
    root = fill("train_splits/dia0_utt0.wav")
    write(root, **tables)
    with pytest.raises(CorpusError, match=message):
        find_meld(root)
