"""Files named like audio that are something else are named as what they are."""

import gzip
import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
import soundfile

from featx.data.audio import AudioError, duration
from featx.data.files.strangers import name_stranger


def _zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.wav", b"sound")
    return written.getvalue()


def _tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.wav"))
    return written.getvalue()


def _array() -> bytes:
    written = io.BytesIO()
    np.save(written, np.zeros(3))
    return written.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
CASES = [
    (LFS, "a Git LFS pointer; fetch the file itself: git lfs pull"),
    (b"/annex/objects/SHA256E-s1--ab.wav\n", "a git-annex pointer; fetch .* git annex get"),
    (b"<!DOCTYPE html>\n<html><title>Sign in", "a web page; download the file anew"),
    (b"\xef\xbb\xbf  <html>quota exceeded</html>", "a web page"),
    (b"<?xml version='1.0'?><Error><Code>AccessDenied", "XML; download"),
    (json.dumps({"error": "not found"}).encode(), "JSON; download"),
    ("Überall stört Lärm.\nNoch eine Zeile".encode(), "text: 'Überall stört Lärm.'$"),
    (("Ü" * 600).encode(), "text: 'ÜÜÜ"),
    (_zip(), "a ZIP archive; unpack it first"),
    (_tar(), "a tar archive; unpack it first"),
    (gzip.compress(b"sound", mtime=0), "a gzip archive; unpack it first"),
    (_array(), "an array of numpy"),
    (b"\x89PNG\r\n\x1a\n" + bytes(20), "a PNG image$"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20), "a JPEG image$"),
    (b"\0\0\0\x20ftypM4A " + bytes(20), "an MP4, M4A .*; take the sound .* -i a.wav a-mended.wav"),
    (b"\x1aE\xdf\xa3" + bytes(20), "a Matroska or WebM file; take the sound out of it: ffmpeg"),
    (b"RIFF\x24\0\0\0AVI LIST" + bytes(20), "an AVI video"),
    (b"#!AMR\n" + b"\x3c\x91\x17" * 20, "an AMR recording; audio of another format"),
    (b"\0\x05\x16\x07\0\x02\0\0Mac OS X" + bytes(20), "a note of macOS on another file"),
    (bytes(2000), "nothing but zeros at its beginning, an unfinished download"),
]


@pytest.mark.parametrize(("content", "words"), CASES, ids=range(len(CASES)))
def test_it_is_named(tmp_path, content, words):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=rf"a\.wav: not a readable audio file but {words}"):
        duration(path)


def test_random_bytes_are_no_audio_and_nothing_else(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"\x80" + np.random.default_rng(0).bytes(3000))
    with pytest.raises(AudioError, match=r"not a readable audio file \("):
        duration(path)


@pytest.mark.parametrize("form", ["WAV", "NIST", "AIFF", "FLAC", "OGG", "MP3", "CAF", "VOC", "AU"])
def test_audio_is_no_stranger(tmp_path, form):
    path = tmp_path / "a"
    soundfile.write(path, np.zeros(1600), 16_000, format=form)
    assert name_stranger(path, path.read_bytes()[:512]) is None
