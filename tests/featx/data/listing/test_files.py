"""Files of one name: copies are dropped, others are never dropped in silence."""

import os

import numpy as np
import pytest
import soundfile

from featx.data.corpora.ravdess import find_ravdess
from featx.data.listing.files import CorpusError, drop_duplicates, find_files

NAME = "03-01-05-02-01-02-01"


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 16_000)
    return path


@pytest.fixture
def pair(tmp_path):
    """Return a function that writes two files of one name with the given samples."""

    def make(first, second, ending="wav"):
        files = (tmp_path / f"a/x.{ending}", tmp_path / f"b/x.{ending}")
        return tmp_path, [write(*both) for both in zip(files, (first, second), strict=True)]

    return make


def drop(root, paths):
    return drop_duplicates(root, paths, lambda path: path.stem)


def test_equal_content_is_dropped_with_a_note(pair):
    root, [first, second] = pair(np.zeros(800), np.zeros(800))
    assert drop(root, [first, second]) == (
        [first],
        ["left out 1 duplicate by name, such as b/x.wav; kept a/x.wav"],
    )


@pytest.mark.parametrize(
    "other",
    [np.zeros(1600), np.ones(800) / 2, np.r_[np.zeros(799), 0.5]],
    ids=["longer", "of equal size", "in the last sample"],
)
def test_other_content_is_refused_and_named(pair, other):
    root, paths = pair(np.zeros(800), other)
    with pytest.raises(CorpusError, match=r"1 file has the name .*: b/x\.wav and a/x\.wav.*give"):
        drop(root, paths)


def test_another_format_cannot_be_compared_but_two_of_that_format_are(pair, tmp_path):
    root, [first, second] = pair(np.zeros(800), np.zeros(800))
    flac = write(tmp_path / "c/x.flac", np.zeros(800))
    kept, [note] = drop(root, [flac, first, second])
    assert kept == [flac]
    assert "2 duplicates by name (2 in another format)" in note
    write(second, np.ones(800) / 2)
    with pytest.raises(CorpusError, match=r"b/x\.wav and a/x\.wav"):
        drop(root, [flac, first, second])


def test_a_copy_cut_short_is_refused(pair):
    root, [first, second] = pair(np.zeros(800), np.zeros(800))
    second.write_bytes(second.read_bytes()[:-100])
    with pytest.raises(CorpusError, match="not its content"):
        drop(root, [first, second])


def test_a_link_to_a_file_is_a_copy_and_one_to_nowhere_is_named(pair):
    root, [first, second] = pair(np.zeros(800), np.zeros(800))
    second.unlink()
    second.symlink_to(first)
    assert drop(root, [first, second])[0] == [first]
    second.unlink()
    second.symlink_to(root / "nowhere.wav")
    with pytest.raises(CorpusError, match=r"b/x\.wav"):
        drop(root, [first, second])


def test_a_folder_that_can_not_be_read_is_named(pair, monkeypatch):
    root, _ = pair(np.zeros(800), np.zeros(800))
    scan = os.scandir

    def refuse(folder):
        if str(folder).endswith("b"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CorpusError, match=r"/b: can't be read \(Permission denied\)"):
        find_files(root, {".wav"})


def test_readers_refuse_rather_than_choose(tmp_path):
    write(tmp_path / f"clean/{NAME}.wav", np.zeros(800))
    write(tmp_path / f"noisy/{NAME}.wav", np.ones(800) / 2)
    with pytest.raises(CorpusError, match=rf"noisy/{NAME}\.wav and clean/{NAME}\.wav"):
        find_ravdess(tmp_path)
