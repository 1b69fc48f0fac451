import pickle
from pathlib import Path

import pytest

from featx.utils.remote.path import RemotePath, is_url, to_path
from featx.utils.remote.problems import RemoteError


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("s3://bucket/a.wav", True),
        ("hf://datasets/owner/name/a.wav", True),
        ("https://host.org/a.wav?token=x/y", True),
        ("memory://a//b.wav", True),
        ("file:///home/a.wav", False),
        ("C:/audio/a.wav", False),
        ("c://a.wav", False),
        ("audio/a.wav", False),
        ("/audio/s3:/a.wav", False),
        ("s3:/bucket/a.wav", False),
    ],
)
def test_urls_are_told_from_paths(text, remote):
    assert is_url(text) is remote
    assert isinstance(to_path(text), RemotePath) is remote
    assert str(to_path(text)) == text if remote else str(Path(text))


def test_a_path_of_a_url_gets_its_slash_back():
    assert to_path(Path("s3://bucket/a.wav")) == RemotePath("s3://bucket/a.wav")
    assert to_path(Path(RemotePath("s3://bucket/a.wav"))) == RemotePath("s3://bucket/a.wav")
    assert to_path(Path("audio/a.wav")) == Path("audio/a.wav")


def test_a_folder_of_this_machine_that_looks_like_a_url_is_a_path(workplace):
    Path("s3:/bucket").mkdir(parents=True)
    assert not isinstance(to_path(Path("s3:/bucket")), RemotePath)


@pytest.mark.parametrize(
    ("url", "name", "suffix", "parent"),
    [
        ("s3://bucket/x/a.wav", "a.wav", ".wav", "s3://bucket/x"),
        ("s3://bucket/x/a?b.wav", "a?b.wav", ".wav", "s3://bucket/x"),
        ("https://h.org/x/a.wav?t=/b.mp3", "a.wav", ".wav", "https://h.org/x"),
        ("s3://bucket/store/", "store", "", "s3://bucket"),
    ],
)
def test_parts_of_a_url(url, name, suffix, parent):
    path = RemotePath(url)
    assert (path.name, path.suffix, str(path.parent)) == (name, suffix, parent)
    assert pickle.loads(pickle.dumps(path)) == path
    assert path.absolute() == path.resolve() == path
    assert str(path) == f"{path}" == url


def test_what_comes_of_a_url_is_a_url():
    path = RemotePath("s3://bucket/x/y/a.wav")
    assert path.with_suffix("") == RemotePath("s3://bucket/x/y/a")
    assert path.with_suffix("").parts[-2:] == ("y", "a")
    assert path.with_name("b.flac") == path.with_stem("b").with_suffix(".flac")
    assert [str(above) for above in path.parents] == [
        "s3://bucket/x/y", "s3://bucket/x", "s3://bucket",
    ]  # fmt: skip
    assert RemotePath("s3://bucket").parents == ()
    # what Python 3.12 and later call
    assert path.with_segments("s3:/bucket/b.wav") == RemotePath("s3://bucket/b.wav")
    assert path.with_segments(path, "b.wav") == path / "b.wav"
    assert path.with_segments("audio", "a.wav") == Path("audio/a.wav")


@pytest.mark.parametrize(
    ("folder", "below", "url"),
    [
        ("s3://bucket/x", "audio/a b.wav", "s3://bucket/x/audio/a b.wav"),
        ("s3://bucket/x", "../a.wav", "s3://bucket/a.wav"),
        ("s3://bucket/x", "../../../a.wav", "s3://bucket/a.wav"),
        ("https://h.org/x", "ä b.wav", "https://h.org/x/%C3%A4%20b.wav"),
        ("https://h.org/x", "a%20b.wav", "https://h.org/x/a%20b.wav"),
        ("https://h.org/x", "/top.wav", "https://h.org/top.wav"),
        ("https://h.org/x", "s3://bucket/a.wav", "s3://bucket/a.wav"),
    ],
)
def test_what_lies_below_a_folder(folder, below, url):
    assert str(RemotePath(folder) / below) == url


def test_a_remote_file_is_read_as_a_path_is(server):
    server.pipe("memory://corpus/a.txt", b"hello")
    path = to_path("memory://corpus/a.txt")
    assert path.exists()
    assert path.is_file()
    assert not path.is_dir()
    assert path.parent.is_dir()
    assert path.stat().st_size == 5
    assert path.read_text() == "hello"
    with open(path, "rb") as file:  # as libraries do  # noqa: PTH123
        assert file.read() == b"hello"
    assert not (path.parent / "b.txt").exists()
    with pytest.raises(FileNotFoundError):
        (path.parent / "b.txt").read_bytes()
    with pytest.raises(RemoteError, match="can't be written to"):
        path.write_text("no")


def test_a_changed_file_has_another_time_and_is_fetched_again(server):
    path = to_path("memory://corpus/a.txt")
    server.pipe("memory://corpus/a.txt", b"first")
    before = path.stat()
    assert path.read_bytes() == b"first"
    server.pipe("memory://corpus/a.txt", b"other")
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns != before.st_mtime_ns
    assert path.read_bytes() == b"other"
