"""What is said in ESD: a text file a speaker, each in an encoding of its own."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from featx.data.listing.files import find_files
from featx.utils.text import counted, listed

_LINE = re.compile(r"(\d{4}_\d{6})\s+(\S.*)")
_EMOTION = re.compile(r"\s+(neutral|angry|happy|sad|surprise|中立|生气|快乐|伤心|惊喜|惊讶)$", re.I)
_HAN = re.compile(r"[\u3400-\u9fff]")
# What an English text has besides ASCII: Latin letters, curly quotes, dashes, wide punctuation.
_ENGLISH = re.compile(r"[\t\n\r\x20-\x7e\xa0\xb4\xc0-\xff\u2010-\u2027\u3000-\u3003\uff01-\uff5e]*")


def read_texts(root: Path, mandarin: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return what is said in each utterance, by its name, and a note on files nobody can read.

    Args:
        root: the corpus's folder; its `0005.txt` are read.
        mandarin: the speakers of Mandarin; the others speak English.
    """
    texts: dict[str, str] = {}
    unreadable = []
    for path in find_files(root, {".txt"}):
        if re.fullmatch(r"\d{4}", path.stem):
            text = decode(path.read_bytes(), path.stem in mandarin)
            if text is None:
                unreadable.append(path.relative_to(root))
            else:
                texts.update({name: said for name, said in _lines(text) if name not in texts})
    if not unreadable:
        return texts, []
    files = counted(len(unreadable), "file")
    return texts, [f"left the text empty, as {files} can't be decoded: {listed(unreadable)}"]


def decode(content: bytes, mandarin: bool) -> str | None:
    """Decode a text by the first encoding in which it is one of its language.

    UTF-16 is known by its mark, or by the zero bytes of its ASCII; UTF-8 by itself. What is left
    is a Chinese encoding, or a Western one for English.

    Returns:
        The text; None if it is a text of its language in no encoding.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in content:
        encodings = ["utf-16-le" if content[1:2] == b"\0" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _HAN.search(text) if mandarin else _ENGLISH.fullmatch(_without_labels(text)):
            return text
    return None


def _without_labels(text: str) -> str:
    """Return a text without the emotions at the ends of its lines, which can be Chinese words."""
    return "\n".join(_EMOTION.sub("", line) for line in text.splitlines())


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield an utterance's name and words; in some lines spaces stand for the tabs."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found:
            said = _EMOTION.sub("", found[2].split("\t")[0].strip())
            yield found[1], said.strip()
