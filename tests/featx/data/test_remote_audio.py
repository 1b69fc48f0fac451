"""Corpora whose audio, or all of which, lies on a server."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.data.audio import AudioError, count_samples, duration, read_audio
from featx.data.files.digests import digest_file
from featx.data.files.headers import with_headers
from featx.data.manifest import load_manifest, save_valid
from featx.utils.remote import kept
from featx.utils.remote.path import SMALL, RemotePath, to_path


@pytest.fixture
def fetched(monkeypatch):
    """The URLs of files that were fetched as a whole."""
    urls, download = [], kept.download
    monkeypatch.setattr(
        kept, "download", lambda url, file, *more: (urls.append(url), download(url, file))
    )
    return urls


def put(server, url, seconds=0.5, format="WAV", rate=16_000, seed=0):
    wave = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format=format)
    server.pipe(url, content.getvalue())
    return content.getvalue()


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG"])
def test_remote_audio_is_what_a_local_copy_is(server, workplace, format):
    content = put(server, f"memory://b/a.{format.lower()}", format=format, rate=22_050)
    local = workplace / f"a.{format.lower()}"
    local.write_bytes(content)
    remote = to_path(f"memory://b/a.{format.lower()}")
    assert duration(remote) == duration(local)
    assert count_samples(remote, 0.1, 0.3) == count_samples(local, 0.1, 0.3)
    np.testing.assert_array_equal(read_audio(remote), read_audio(local))


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_the_header_of_a_large_file_is_read_without_the_rest(server, fetched, format):
    put(server, "memory://b/long.audio", seconds=60, format=format)
    path = to_path("memory://b/long.audio")
    assert path.stat().st_size > SMALL
    assert duration(path) == 60
    assert not fetched
    assert len(read_audio(path, 59.5)) == 8000
    assert fetched == [str(path)]


def test_a_small_file_is_fetched_once_for_its_header_and_its_sound(server, fetched):
    put(server, "memory://b/a.wav")
    path = to_path("memory://b/a.wav")
    duration(path)
    digest_file(path)
    read_audio(path)
    assert fetched == [str(path)]


def test_the_digest_changes_with_the_version_and_needs_no_sound(server, fetched):
    put(server, "memory://b/a.wav")
    path = to_path("memory://b/a.wav")
    put(server, "memory://b/copy.wav")
    first = digest_file(path)
    assert first == digest_file(path)
    assert first != digest_file(to_path("memory://b/copy.wav"))  # a time tells nothing of content
    put(server, "memory://b/a.wav", seed=1)
    assert first != digest_file(path)
    assert not fetched


def test_where_a_server_tells_no_version_the_content_does(server, monkeypatch):
    monkeypatch.setattr("featx.utils.remote.server._TIMES", ())
    put(server, "memory://b/a.wav")
    local = Path(kept.fetch("memory://b/a.wav"))
    assert digest_file(to_path("memory://b/a.wav")) == digest_file(local)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "empty"), (b"<!doctype html>", "web page")],
)
def test_an_unusable_file_is_named_by_its_url(server, content, said):
    if content is not None:
        server.pipe("memory://b/a.wav", content)
    with pytest.raises(AudioError, match=f"^memory://b/a.wav: .*{said}"):
        read_audio(to_path("memory://b/a.wav"))


def test_headers_are_asked_for_side_by_side_and_come_in_order(server):
    urls = [f"memory://b/{number}.wav" for number in range(40)]
    for url in urls[:-1]:
        put(server, url, seconds=0.01)
    paths = [to_path(url) for url in urls]  # the last is not there
    assert list(with_headers(paths, lambda path: path)) == paths


MANIFEST = (
    "utterance,path,speaker,label\n"
    "a,audio/a.wav,s1,happy\n"
    "b,memory://other/b.wav,s1,sad\n"
    "c,../c.wav,s2,sad\n"
)


def test_paths_are_relative_to_a_manifest_on_a_server(server, workplace):
    server.pipe("memory://corpus/x/manifest.csv", MANIFEST.encode())
    manifest = featx.load_manifest("memory://corpus/x/manifest.csv")
    assert manifest.name == "manifest"
    assert [str(u.path) for u in manifest.utterances] == [
        "memory://corpus/x/audio/a.wav",
        "memory://other/b.wav",
        "memory://corpus/c.wav",
    ]


def test_a_manifest_here_lists_files_of_both_kinds(server, workplace):
    Path("audio").mkdir()
    Path("audio/a.wav").write_bytes(put(server, "memory://other/b.wav"))
    Path("manifest.csv").write_text("".join(MANIFEST.splitlines(True)[:3]))
    manifest = load_manifest("manifest.csv")
    kinds = [isinstance(u.path, RemotePath) for u in manifest.utterances]
    assert kinds == [False, True]
    (workplace / "sub").mkdir()
    again = save_valid(workplace / "sub" / "copy.csv", manifest.utterances)
    assert again.utterances == manifest.utterances
    assert "memory://other/b.wav" in (workplace / "sub" / "copy.csv").read_text()


def test_a_manifest_that_is_not_there_is_said(server):
    with pytest.raises(featx.FeatxError, match=r"^memory://corpus/none.csv: no such manifest"):
        load_manifest("memory://corpus/none.csv")


def test_a_table_with_urls_becomes_a_manifest(server, workplace):
    rows = []
    for speaker in ("s1", "s2"):
        for label in ("happy", "sad"):
            url = f"memory://corpus/{speaker}/{label}.wav"
            put(server, url, seed=len(rows))
            rows.append(f"{url},{label},{speaker}\n")
    Path("table.csv").write_text("path,label,speaker\n" + "".join(rows))
    manifest = featx.build_manifest("csv", "table.csv", "manifest.csv")
    assert [u.utterance for u in manifest.utterances] == [
        "s1/happy",
        "s1/sad",
        "s2/happy",
        "s2/sad",
    ]
    assert load_manifest("manifest.csv").utterances == manifest.utterances
    assert not featx.audit("manifest.csv").errors
