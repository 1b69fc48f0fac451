"""Paths as people and other systems write them, and what each can mean here."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from featx.data.files.disk import look_of
from featx.utils.remote.path import is_url

_DEEPEST = 60  # folders in a path that is looked for
_DRIVE = re.compile(r"\s*[A-Za-z]:[/\\]")


def is_absolute(text: str) -> bool:
    """Tell whether a path says where a computer keeps its files, on whatever system."""
    local = text.strip().lower().startswith(("/", "\\", "~", "file:")) or bool(_DRIVE.match(text))
    return local or is_url(text)


def spellings(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield a path as a program on this system would have it, and what was changed."""
    clean, changed = text.strip(), []
    if clean != clean.strip("\"'"):
        clean = clean.strip("\"'").strip()
        changed.append("quotes left out")
    if clean.lower().startswith("file:"):
        clean = re.sub(r"^file:(//(localhost)?(?=/))?", "", unquote(clean), flags=re.IGNORECASE)
        clean = re.sub(r"^/(?=[A-Za-z]:)", "", clean)
        changed.append("file: addresses")
    if "\\" in clean:
        clean = clean.replace("\\", "/")
        changed.append("\\ read as /")
    if clean.startswith("~/"):
        clean = os.path.expanduser(clean)
        changed.append("~ for the home folder")
    if clean.strip("/"):
        yield clean, changed
    if "%" in clean and unquote(clean) != clean:
        yield unquote(clean), [*changed, "%20 and such read as letters"]


def tails(clean: str) -> Iterator[tuple[str, str]]:
    """Yield a path as it is, then without ever more of its first folders, and what those are."""
    foreign = bool(_DRIVE.match(clean)) or clean.startswith("//")
    parts = [part for part in clean.split("/") if part not in ("", ".")]
    if not parts or len(parts) > _DEEPEST:
        return
    if not foreign:
        yield clean, ""
    if ".." in parts:
        parts = parts[len(parts) - parts[::-1].index("..") :]
    elsewhere = foreign or clean.startswith("/")  # a name alone says too little of relative paths
    first = 0 if elsewhere and not foreign else 1
    for number in range(first, len(parts) if elsewhere else len(parts) - 1):
        yield "/".join(parts[number:]), "/".join(parts[:number]) or "/"


def renaming(asked: str, file: str) -> list[str]:
    """Say in which ways the path of a file differs from the one that was asked for."""
    if asked == file:
        return []
    if unicodedata.normalize("NFC", asked) == unicodedata.normalize("NFC", file):
        return ["another Unicode form"]
    if asked.casefold() == file.casefold():
        return ["another case"]
    if [*map(look_of, Path(asked).parts)] == [*map(look_of, Path(file).parts)]:
        return ["other spaces, case or Unicode form"]
    return ["another ending"]
