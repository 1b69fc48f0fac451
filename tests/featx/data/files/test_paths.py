"""Audio is found where a path is not written as the file is named, and only where that is clear."""

import logging
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import featx
from featx.data.files.paths import locate
from featx.utils.remote.path import is_url

NFC, NFD = "M\u00fcller", "Mu\u0308ller"


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"audio")
    return folder


@pytest.fixture
def base(tmp_path) -> Path:
    return (tmp_path / "corpus").resolve()


@pytest.mark.parametrize(
    ("text", "name", "how"),
    [
        ("wav\\anna\\1.wav", "wav/anna/1.wav", "\\ read as /"),
        ("WAV/Anna/1.WAV", "wav/anna/1.wav", "another case"),
        (f"wav/{NFD}.wav", f"wav/{NFC}.wav", "another Unicode form"),
        (f"wav/{NFC}/1.wav", f"wav/{NFD}/1.wav", "another Unicode form"),
        ("wav/1.wav", "wav/1 .wav", "other spaces"),
        ("wav /1.wav ", "wav/ 1.wav", "other spaces"),
        ('"wav/1.wav"', "wav/1.wav", "quotes left out"),
        ("wav/1.wav", "wav/1.flac", "another ending"),
        ("wav/1", "wav/1.ogg", "another ending"),
        ("wav/a%20b.wav", "wav/a b.wav", "%20"),
        ("corpus/wav/1.wav", "wav/1.wav", "in place of corpus"),
        (r"D:\data\corpus\wav\1.wav", "wav/1.wav", "in place of D:/data/corpus"),
        ("/home/nobody/wav/1.wav", "wav/1.wav", "in place of home/nobody"),
        (r"\\server\share\wav\1.wav", "wav/1.wav", "in place of server/share"),
        ("file:///C:/x/wav/a%20b.wav", "wav/a b.wav", "file: addresses"),
        ("../other/wav/1.wav", "wav/1.wav", "in place of other"),
        ("/mnt/x/1.wav", "1.wav", "in place of mnt/x"),
        ("\u201cwav\u201d/1.wav", "\u201cwav\u201d/1.wav", ""),
    ],
)
def test_files_are_found_and_it_is_said_how(base, text, name, how):
    write(base, name)
    located = locate([text], base)
    assert located.paths == {text: base / name}
    assert len(located.notes) == bool(how)
    assert all(how in note for note in located.notes)


def test_addresses_and_the_home_folder(base, monkeypatch):
    write(base, "a b.wav")
    monkeypatch.setenv("HOME", str(base))
    texts = [f"file://{base}/a%20b.wav"]
    assert list(locate(texts, base / "none").paths) == texts
    assert locate(["~/a b.wav"], base / "none").paths == {"~/a b.wav": base / "a b.wav"}


def test_files_are_found_relative_to_other_folders(base, tmp_path):
    write(base, "wav/1.wav")
    write(tmp_path, "lists/here")
    located = locate(["wav/1.wav"], tmp_path / "lists", [base])
    assert located.paths == {"wav/1.wav": base / "wav/1.wav"}
    assert "relative to" in located.notes[0]
    assert not locate(["1.wav"], tmp_path / "lists").paths
    assert locate(["1.wav"], tmp_path / "lists", tree=base).paths == {"1.wav": base / "wav/1.wav"}


@pytest.mark.parametrize(
    ("names", "texts", "why"),
    [
        (["wav/A.wav", "wav/a.WAV"], ["wav/a.wav"], "no audio file"),
        (["wav/1.flac", "wav/1.ogg"], ["wav/1.wav"], "no audio file"),
        (["wav/a.wav"], ["wav/a.wav", "wav/A.wav"], "means that file"),
        (["1.wav"], ["/x/train/1.wav", "/x/test/1.wav"], "has its name, as files of"),
        (["1.wav"], ["test/1.wav"], "there is no 'test'"),
        (["wav/anna_1.wav"], ["wav/ana_1.wav"], "there is 'anna_1.wav'"),
        (["wav/1.wav"], ["wav"], "which is a folder"),
    ],
)
def test_what_is_not_clear_is_not_guessed(base, names, texts, why):
    write(base, *names)
    located = locate(texts, base)
    missing = [text for text in texts if text not in located.paths]
    assert missing
    assert all(why in located.missing(text) for text in missing)


def test_two_folders_that_could_be_meant_are_both_named(base, tmp_path):
    write(base, "1.wav")
    write(tmp_path / "other", "1.wav")
    located = locate(["1.wav"], tmp_path / "lists", [base, tmp_path / "other"])
    assert not located.paths
    assert f"could be {base / '1.wav'} or" in located.missing("1.wav")


def test_a_file_that_is_missing_among_others_is_not_taken_from_elsewhere(base, tmp_path):
    write(base, "1.wav", "a/2.wav")
    write(tmp_path, "3.wav")
    located = locate(["1.wav", "3.wav", "b/a/2.wav", r"D:\x\a\2.wav"], base, [tmp_path])
    assert set(located.paths) == {"1.wav", r"D:\x\a\2.wav"}


def test_files_that_are_there_are_looked_at_once(base, monkeypatch):
    write(base, *(f"wav/{number}.wav" for number in range(20)))
    looks: list[object] = []
    look = os.path.isfile
    monkeypatch.setattr(os.path, "isfile", lambda path: looks.append(path) or look(path))
    monkeypatch.setattr(os, "listdir", lambda path: pytest.fail("no folder is listed"))
    located = locate([f"wav/{number}.wav" for number in range(20)] * 2, base)
    assert len(located.paths) == len(looks) == 20
    assert not located.notes


def test_folders_are_listed_once_however_many_files_are_missing(base, monkeypatch):
    write(base, *(f"wav/{number}.wav" for number in range(20)))
    listings: list[object] = []
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listings.append(path) or listing(path))
    located = locate([rf"X:\data\WAV\{number}.wav" for number in range(500)], base)
    assert len(located.paths) == 20
    assert len(listings) == len(set(listings)) < 10


@given(st.text(max_size=40) | st.text("./\\~:%aA \0", max_size=20) | st.just("a" * 300 + "/b"))
@example("a0://0")
def test_any_text_is_found_or_not(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp().resolve()
    located = locate([text], folder)
    if text in located.paths:  # no server is asked whether a URL is one
        assert is_url(text) or located.paths[text].is_file()
    else:
        assert located.missing(text).startswith("no audio file")


@given(
    st.lists(
        st.text("abcAB\u00e9e\u0301 _", min_size=1, max_size=4).filter(str.strip),
        min_size=1, max_size=5, unique_by=lambda name: unicodedata.normalize("NFC", name),
    )
)  # fmt: skip
def test_files_that_are_there_are_themselves(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names").resolve()
    texts = [f"{name}.wav" for name in names]
    write(folder, *texts)
    assert locate(texts, folder).paths == {text: folder / text for text in texts}


def test_a_manifest_from_elsewhere_loads_and_says_how(write_corpus, caplog, workplace):
    caplog.set_level(logging.INFO, "featx")
    manifest = write_corpus(speakers=2, takes=1)
    before = featx.load_manifest(manifest).utterances
    assert not caplog.messages
    manifest.write_text(manifest.read_text().replace("audio/", "E:\\Data\\Audio\\"))
    assert featx.load_manifest(manifest).utterances == before
    assert len(caplog.messages) == 1
    assert "found 6 audio files otherwise than written" in caplog.messages[0]
    manifest.write_text(manifest.read_text().replace("happy-0-0.wav", "happy-0-9.wav"))
    with pytest.raises(featx.FeatxError, match=r"line 3: no audio file .*happy-0-9\.wav"):
        featx.load_manifest(manifest)
