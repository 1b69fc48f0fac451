"""Files that are there in full or not at all."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from featx.utils.arguments import as_list
from featx.utils.cells import guard

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')  # in names of files on Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
AnyPath = str | os.PathLike[str]  # a run is one too: it stands for its folder


def cache_folder() -> Path:
    """Return where featx keeps what it can fetch or measure again.

    That is FEATX_CACHE, or featx in the user's cache.
    """
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "featx")
    return Path(os.environ.get("FEATX_CACHE") or usual).expanduser()


def as_paths(given: AnyPath | Iterable[AnyPath]) -> list[Path]:
    """Return a single path, or several, as a list."""
    paths: list[AnyPath] = as_list(given)
    return list(map(Path, paths))


def portable_name(text: str) -> str:
    """Return text as the name of a file on any system.

    Windows reserves some characters, ends and names, such as "a:b", "a." and "con": characters
    become "-", and a reserved name gets one before it.
    """
    name = _FORBIDDEN.sub("-", text)
    return f"-{name}" if _DEVICES.match(name) else name


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it."""
    replace(path, lambda unfinished: unfinished.write_bytes(content))


def write_text(path: Path, content: str) -> None:
    """Write text as UTF-8, complete or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, complete or not at all."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV with one header line, complete or not at all."""
    write_text(path, "".join(map(csv_line, [header, *rows])))


def csv_line(fields: Sequence[Any]) -> str:
    """Return a line of CSV that ends in a newline.

    The writer's own line ending stays, as it quotes a carriage return only if that is part of it.
    What spreadsheets would take for a formula is written as text (`featx.utils.cells`).
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerow(map(guard, fields))
    return text.getvalue().removesuffix("\r\n") + "\n"


def replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")  # keeps the ending, which matters
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
