import pytest

from featx.data.corpora.folder import find_folder
from featx.data.listing.files import CorpusError


def test_labels_are_the_first_folders(fill):
    found = find_folder(fill("happy/anna/1.wav", "sad/1.flac", "happy/2.ogg", "sad/x.y.mp3"))
    assert [(u.utterance, u.label) for u in found.utterances] == [
        ("happy/2", "happy"),
        ("happy/anna/1", "happy"),
        ("sad/1", "sad"),
        ("sad/x.y", "sad"),
    ]
    assert {u.speaker for u in found.utterances} == {""}
    (note,) = found.notes
    assert "speakers are unknown" in note
    assert "`speaker`" in note


def test_speakers_are_read_from_paths(fill):
    root = fill("happy/anna_1.wav", "sad/bert_1.wav", "sad/7.wav")
    found = find_folder(root, r"/(\w+)_\d")
    assert [u.speaker for u in found.utterances] == ["anna", "", "bert"]
    assert found.notes == ["`speaker` was not found in 1 of 3 paths, such as sad/7.wav"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "not a regular expression"),
        (r"\w+_\d", "0 groups where exactly one"),
        (r"(\w)(\d)", "2 groups where exactly one"),
        (r"spk(\d+)", "found in no path, such as happy/anna_1.wav"),
    ],
)
def test_speaker_patterns_that_do_not_work(fill, pattern, message):
    with pytest.raises(CorpusError, match=message):
        find_folder(fill("happy/anna_1.wav"), pattern)


def test_loose_files_and_copies_are_reported(fill):
    found = find_folder(fill("happy/1.wav", "happy/1.flac", "loose.wav"))
    assert [u.path.name for u in found.utterances] == ["1.flac"]
    assert "such as happy/1.wav; kept happy/1.flac" in found.notes[0]
    assert found.notes[1] == "left out 1 file outside the labels' folders: loose.wav"


def test_nothing_found_says_what_is_there(fill):
    with pytest.raises(CorpusError, match=r"(?s)found no <label>.*outside.*holds loose.wav"):
        find_folder(fill("loose.wav"))


def test_an_empty_root_is_called_empty(fill):
    with pytest.raises(CorpusError, match="is empty"):
        find_folder(fill())


def write(root, text, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + path.name)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("OAF_Fear", "TESS/OAF_Fear"),  # as Kaggle's copy of TESS unpacks
        ("happy", "data/happy"),
        ("happy/anna", "happy/copy/anna"),
        ("happy", "happy/happy"),
    ],
)
def test_a_corpus_that_holds_itself_once_more_is_listed_once(tmp_path, first, again):
    write(tmp_path, "x", f"{first}/1.wav", f"{first}/2.wav", f"{again}/1.wav", f"{again}/2.wav")
    write(tmp_path, "y", "sad/1.wav")
    found = find_folder(tmp_path)
    assert [u.utterance for u in found.utterances] == [f"{first}/1", f"{first}/2", "sad/1"]
    assert (
        f"left out 2 files that lie here twice, the second time a folder deeper: {again}/1"
        in (found.notes[0])
    )


def test_files_of_other_content_are_no_copies(tmp_path):
    write(tmp_path, "x", "happy/1.wav", "sad/1.wav")
    write(tmp_path, "y", "sad/happy/1.wav")
    assert len(find_folder(tmp_path).utterances) == 3


def test_labels_and_speakers_are_read_from_folders_that_hold_both(fill):
    root = fill("OAF_Fear/1.wav", "YAF_sad/1.wav", "test.wav")
    found = find_folder(root, speaker="(OAF|YAF)_", label="AF_([A-Za-z]+)/")
    assert [(u.speaker, u.label) for u in found.utterances] == [
        ("OAF", "Fear"), ("YAF", "sad"), ("", ""),
    ]  # fmt: skip
    assert "`label` was not found in 1 of 3 paths, such as test.wav" in found.notes


def test_a_root_that_is_a_folder_too_high_is_said(fill):
    root = fill("TESS/OAF_Fear/1.wav", "TESS/OAF_sad/1.wav")
    assert f"give {root / 'TESS'} as `root`" in find_folder(root).notes[-1]
    assert len(find_folder(root / "TESS").notes) == 1
