"""Files and folders that are there in full or not at all."""

import csv
import io
import json
import os
import platform
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from cache import filling
from featx.utils.arguments import as_list
from featx.utils.cells import guard

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')  # in names of files on Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
TEMPORARY = re.compile(r"\.([0-9a-f]{4})-(\d+)\.")  # begins the name of a file being written
_OLD = 24 * 3600  # seconds after which nobody writes a temporary file any more
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
    """Write a file under a temporary name, then rename it.

    Raises:
        DiskFull: if the disk has no room for it; what was there before stays.
    """
    replace(path, lambda unfinished: unfinished.write_bytes(content), len(content))


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


def replace(path: Path, write: Callable[[Path], Any], needed: int | None = None) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it to `path`.

    Args:
        path: the file; its folder is made if need be.
        write: gets the temporary file, whose name ends as the file's does.
        needed: how many bytes it writes, if that is known.

    Raises:
        DiskFull: if the disk has no room for it; what was there before stays.
    """
    unfinished = _temporary(path)
    with filling(path, needed, unfinished):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path.parent, os.getpid())
        write(unfinished)
        unfinished.replace(path)


@contextmanager
def replacing(folder: Path, needed: int | None = None) -> Iterator[Path]:
    """Give a folder to fill that takes the place of another; it is there in full or not at all.

    Args:
        folder: the folder; that around it is made if need be.
        needed: how many bytes are written, if that is known.

    Raises:
        DiskFull: if the disk has no room for it; what was there before stays.
    """
    unfinished, old = _temporary(folder), _temporary(folder, "old.")
    with filling(folder, needed):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder.parent, os.getpid())
        try:
            unfinished.mkdir()
            yield unfinished
            with suppress(FileNotFoundError):
                folder.rename(old)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _temporary(path: Path, before: str = "") -> Path:
    """Return where a file or folder is written until it takes its place."""
    return path.with_name(f".{_HOST}-{os.getpid()}.{before}{path.name}")


@cache
def _remove_leftovers(folder: Path, process: int) -> None:
    """Remove what killed processes were writing, once for each folder and process."""
    for entry in os.scandir(folder):
        found = TEMPORARY.match(entry.name)
        if found and _is_left(entry, host=found[1], process=int(found[2])):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry, ignore_errors=True)
            else:
                Path(entry).unlink(missing_ok=True)


def _is_left(entry: os.DirEntry[str], host: str, process: int) -> bool:
    """Tell whether nobody writes a temporary file any more: who began it is gone, or it is old."""
    import psutil

    if host == _HOST and not psutil.pid_exists(process):
        return True
    try:
        return entry.stat().st_mtime < time.time() - _OLD
    except FileNotFoundError:  # it has been renamed
        return False


_HOST = f"{zlib.crc32(platform.node().encode()):08x}"[:4]
