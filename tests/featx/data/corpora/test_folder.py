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
