"""Files named like audio that are something else."""

from codecs import getincrementaldecoder
from pathlib import Path

from featx.data.files.formats.flaw import conversion

HEAD = 512  # bytes that tell what a file is
_SOUND = "audio of another format: convert it: {command}"
_VIDEO = "take the sound out of it: {command}"
_UNPACK = "unpack it first"
_KINDS: tuple[tuple[int, bytes, str, str], ...] = (  # where, what stands there, name, cure
    (4, b"ftyp", "an MP4, M4A or QuickTime file", _VIDEO),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM file", _VIDEO),
    (8, b"AVI ", "an AVI video", _VIDEO),
    (0, b"\x30\x26\xb2\x75", "a Windows Media file", _VIDEO),
    (0, b"FLV\x01", "a Flash video", _VIDEO),
    (0, b"#!AMR", "an AMR recording", _SOUND),
    (0, b"wvpk", "a WavPack file", _SOUND),
    (0, b"MAC ", "a Monkey's Audio file", _SOUND),
    (0, b"ajkg", "a Shorten file", _SOUND),
    (0, b"TTA1", "a True Audio file", _SOUND),
    (0, b"\xff\xf1", "an AAC stream", _SOUND),
    (0, b"\xff\xf9", "an AAC stream", _SOUND),
    (0, b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (0, b"\x1f\x8b", "a gzip archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (0, b"BZh", "a bzip2 archive", _UNPACK),
    (0, b"\xfd7zXZ", "an xz archive", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"\x89PNG", "a PNG image", ""),
    (0, b"\xff\xd8\xff", "a JPEG image", ""),
    (0, b"GIF8", "a GIF image", ""),
    (8, b"WEBP", "a WebP image", ""),
    (0, b"%PDF", "a PDF document", ""),
    (0, b"MThd", "a MIDI file, which holds notes and no sound", ""),
    (0, b"\x89HDF", "an HDF5 file", ""),
    (0, b"\x93NUMPY", "an array of numpy", ""),
    (0, b"PAR1", "a Parquet table", ""),
    (0, b"SQLite format 3", "an SQLite database", ""),
    (0, b"\x7fELF", "a program", ""),
    (0, b"MZ", "a program of Windows", ""),
    (0, b"\x00\x05\x16\x07", "a note of macOS on another file (AppleDouble)", ""),
)
_TEXTS: tuple[tuple[str, str, str], ...] = (  # how it begins in lower case, name, cure
    ("version https://git-lfs", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
    ("/annex/objects/", "a git-annex pointer", "fetch the file itself: git annex get"),
    ("<!doctype html", "a web page", "download the file anew"),
    ("<html", "a web page", "download the file anew"),
    ("<?xml", "XML", "download the file anew"),
    ("<error", "XML", "download the file anew"),
    ("{", "JSON", "download the file anew"),
    ("[{", "JSON", "download the file anew"),
    ("%!ps", "a PostScript document", ""),
)
_SHOWN = 40  # characters of a text


def name_stranger(path: Path, head: bytes) -> str | None:
    """Say what a file is that is no audio which featx reads.

    Args:
        path: the file.
        head: its first `HEAD` bytes.

    Returns:
        A phrase for people, with the cure where there is one; None if it can't be told.
    """
    if head.startswith(b"NIST_1A"):  # audio whose header is text
        return None
    found = _name_kind(head) or _name_text(head)
    if found is None and head and not any(head):
        found = "nothing but zeros at its beginning, an unfinished download", ""
    if found is None:
        return None
    name, cure = found
    cure = cure.format(command=conversion(path))
    return f"not a readable audio file but {name}" + (f"; {cure}" if cure else "")


def _name_kind(head: bytes) -> tuple[str, str] | None:
    for at, mark, name, cure in _KINDS:
        if head.startswith(mark, at):
            return name, cure
    return None


def _name_text(head: bytes) -> tuple[str, str] | None:
    try:
        text = getincrementaldecoder("utf-8-sig")().decode(head)  # whose last letter may be cut
    except UnicodeDecodeError:
        return None
    if not text.strip() or not all(c.isprintable() or c.isspace() for c in text):
        return None
    text = text.lstrip()
    for begin, name, cure in _TEXTS:
        if text.lower().startswith(begin):
            return name, cure
    return f"text: {text.splitlines()[0][:_SHOWN]!r}", ""
