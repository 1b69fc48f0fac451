"""Text files of any encoding, never read wrongly in silence."""

import codecs
import logging
from collections.abc import Iterator
from pathlib import Path

from featx.data.listing.files import CorpusError
from featx.utils.text import shorten

log = logging.getLogger("featx")
_MARKS = (  # with which files of Unicode may begin; the longer ones first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = (  # which are tried where a file is not UTF-8, to show what each makes of it
    "cp1252", "latin-1", "gb18030", "big5", "shift_jis", "euc_kr", "cp1251", "cp1253", "cp1256",
)  # fmt: skip
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or another ZIP file; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the table as CSV",
    b"PAR1": "a Parquet file; save the table as CSV",
    b"\x1f\x8b": "a gzip file; unpack it",
    b"\x80\x04": "a pickle, which could run code; save the table as CSV",
    b"\x80\x05": "a pickle, which could run code; save the table as CSV",
    b"RIFF": "audio, no table",
    b"fLaC": "audio, no table",
}
_SHOWN = 40  # letters of a line in a message


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str, list[str]]:
    """Read a text.

    Args:
        path: the file.
        encoding: how it is encoded; by default UTF-8, or UTF-16 or UTF-32 with their marks.

    Returns:
        The text, its encoding, and notes for people.

    Raises:
        CorpusError: if it can't be read so, naming the encodings in which it could be.
    """
    content = _read_bytes(path)
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is None:
        encoding = marked or "utf-8"
        notes = [f"{path.name} is read as {encoding}"] if marked not in (None, "utf-8-sig") else []
        return _decode(path, content, encoding, guessed=True), encoding, notes
    codec = _codec(encoding)
    if marked and codec not in (marked, marked.removesuffix("-sig")):
        raise CorpusError(f"{path}: begins as {marked} does; leave out `encoding={encoding}`.")
    text = _decode(path, content, marked or codec, guessed=False)
    _warn_of_utf8(path, content, text, codec)
    return text, encoding, []


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder; give the table itself.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: can't be read ({error.strerror}).") from error
    for mark, what in _NO_TEXT.items():
        if content.startswith(mark):
            raise CorpusError(f"{path}: is {what}.")
    return content


def _codec(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
        "".encode(found.name)  # some codecs, such as hex, are not for text
    except (LookupError, TypeError, ValueError):
        raise CorpusError(
            f"`encoding={encoding}`: no such encoding; such as utf-8, latin-1, cp1252, gb18030."
        ) from None
    return found.name


def _decode(path: Path, content: bytes, encoding: str, guessed: bool) -> str:
    if guessed and encoding == "utf-8" and b"\0" in content:
        wide = "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"
        raise CorpusError(
            f"{path}: is no UTF-8, as it has zeros between its letters. If it is UTF-16, give "
            f"`encoding={wide}`."
        )
    try:
        text = content.decode(encoding)
    except UnicodeError as error:  # UTF-16 without its end is no UnicodeDecodeError
        raise CorpusError(_not_so(path, content, encoding, error, guessed)) from error
    if "\0" in text:
        raise CorpusError(
            f"{path}: is no {encoding}: there are zeros in it. Give another `encoding`."
        )
    return text


def _not_so(path: Path, content: bytes, encoding: str, error: UnicodeError, guessed: bool) -> str:
    start = getattr(error, "start", 0)
    number = content[:start].count(b"\n") + 1
    said = f"{path}: line {number} is not {encoding}."
    readings = list(_readings(content, start)) if guessed else []
    if not readings:
        return f"{said} Give another `encoding`, or save the file as UTF-8."
    shown = "\n  ".join(f"`encoding={name}` reads {line!r}" for name, line in readings)
    return f"{said} Give the encoding in which it reads as it should:\n  {shown}"


def _readings(content: bytes, start: int) -> Iterator[tuple[str, str]]:
    """Yield what each encoding that can read all of a file makes of a line in it."""
    begin = content.rfind(b"\n", 0, start) + 1
    begin = max(begin, start - _SHOWN // 2)
    line = content[begin:].split(b"\n", 1)[0].rstrip(b"\r")
    seen = set()
    for encoding in _OTHERS:
        try:
            content.decode(encoding)
            reading = shorten(line.decode(encoding), _SHOWN)
        except UnicodeError:
            continue
        if reading not in seen and reading.replace("\t", " ").isprintable():
            seen.add(reading)
            yield encoding, reading


def _warn_of_utf8(path: Path, content: bytes, text: str, codec: str) -> None:
    """Warn if a text is UTF-8, which hardly happens by chance, but was not read so."""
    if codec.startswith("utf") or text.isascii():
        return
    try:
        meant = content.decode("utf-8")
    except UnicodeError:
        return
    place = next(number for number, letter in enumerate(meant) if not letter.isascii())
    begin = meant.rfind("\n", 0, place) + 1
    line = shorten(meant[begin:].split("\n", 1)[0].strip(), _SHOWN)
    said = "Warning: %s is read as %s, but is UTF-8 as well, with %r in it."
    log.warning(said, path.name, codec, line)
