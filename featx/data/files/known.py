"""Headers and contents of audio files, read once and remembered while files stay as they are.

A corpus may have a million files and terabytes: what is known of one is found again by its path,
size and times, in a database in featx's cache folder.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featx.data.files.digests import State, digest_file
from featx.data.files.headers import AT_ONCE, AudioError, read_header
from featx.data.files.remembered import Facts, RememberedFiles
from featx.errors import Interrupted
from featx.utils.machine import usable_cores
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress
from featx.utils.remote.path import RemotePath

_LOOKED_UP = 1_000  # files that a thread asks for at once
_READ = 32  # files that a thread reads at once, unless they are large
_LARGE = 1 << 25  # bytes
_LOOKERS = 8  # threads: on a network's disk most of a look is waiting


@dataclass(frozen=True)
class KnownFiles:
    """What is known of some files, by their place among them.

    Attributes:
        contents: digests of all bytes; empty of files that can't be read.
        frames: (files,) int64, samples of each channel.
        rates: (files,) int64, samples a second, in Hz.
        flaws: why files can't be used.
    """

    contents: list[str]
    frames: np.ndarray
    rates: np.ndarray
    flaws: dict[int, str]

    def note(self, place: int, found: Facts | str) -> None:
        """Note what is known of a file, or why it can't be used."""
        if isinstance(found, str):
            self.flaws[place] = found
        else:
            self.contents[place], self.frames[place], self.rates[place] = found


def know_files(paths: Sequence[Path]) -> KnownFiles:
    """Read the headers and contents of files, in threads, unless they are remembered.

    Args:
        paths: audio files, each once.

    Raises:
        Interrupted: on Ctrl-C; what was read is remembered.
    """
    count = len(paths)
    known = KnownFiles([""] * count, np.zeros(count, np.int64), np.ones(count, np.int64), {})
    try:
        with RememberedFiles() as remembered:
            unknown = list(_recall(paths, remembered, known))
            if unknown:
                _read_all(paths, unknown, remembered, known)
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted while reading the audio files. What was read is remembered; the same "
            "again goes on from there."
        ) from None
    return known


class _Unknown(NamedTuple):
    """A file to be read: its place, its state, and its content where only that is known."""

    place: int
    state: State
    content: str


def _recall(
    paths: Sequence[Path], remembered: "RememberedFiles", known: KnownFiles
) -> Iterator[_Unknown]:
    """Note what is remembered of files; yield the others."""
    begins = range(0, len(paths), _LOOKED_UP)
    chunks = (paths[begin : begin + _LOOKED_UP] for begin in begins)
    with progress("Looking at", len(paths), "audio files") as advance:
        for begin, states in zip(begins, map_ahead(_look, chunks, _LOOKERS), strict=True):
            chunk = paths[begin : begin + _LOOKED_UP]
            rows = remembered.recall(chunk, states)
            for place, (state, row) in enumerate(zip(states, rows, strict=True), begin):
                if isinstance(state, str):
                    known.note(place, f"{paths[place]}: {state}")
                elif isinstance(row, Facts):
                    known.note(place, row)
                else:
                    yield _Unknown(place, state, row or "")
            advance(len(chunk))


def _look(paths: Sequence[Path]) -> list[State | str]:
    """Return each file's state, or why it has none."""
    if any(isinstance(path, RemotePath) for path in paths):
        with ThreadPoolExecutor(AT_ONCE) as pool:  # nearly all of the time is waiting
            return list(pool.map(_look_at, paths))
    return list(map(_look_at, paths))


def _look_at(path: Path) -> State | str:
    try:
        return State.of(path)
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"can't be read ({error.strerror})"


def _read_all(
    paths: Sequence[Path],
    unknown: Sequence[_Unknown],
    remembered: "RememberedFiles",
    known: KnownFiles,
) -> None:
    remote = any(isinstance(paths[file.place], RemotePath) for file in unknown)
    threads = AT_ONCE if remote else max(2, round(usable_cores()))

    def read(some: Sequence[_Unknown]) -> list[tuple[_Unknown, Facts | str, bool]]:
        return [(file, *_read(paths[file.place], file)) for file in some]

    with progress("Reading", len(unknown), "audio files") as advance:
        for some in map_ahead(read, _portions(unknown, 1 if remote else _READ), threads):
            for file, found, same in some:
                known.note(file.place, found)
                if isinstance(found, Facts) and same:
                    remembered.keep(paths[file.place], file.state, found)
            advance(len(some))


def _portions(unknown: Sequence[_Unknown], most: int) -> Iterator[list[_Unknown]]:
    """Yield files for a thread to read: few if they are large."""
    portion: list[_Unknown] = []
    size = 0
    for file in unknown:
        portion.append(file)
        size += file.state.size
        if len(portion) == most or size >= _LARGE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _read(path: Path, file: _Unknown) -> tuple[Facts | str, bool]:
    """Return a file's facts, or why it can't be used, and whether it stayed as it is."""
    try:
        header = read_header(path)
        content = file.content or digest_file(path)
        return Facts(content, header.frames, header.rate), State.of(path) == file.state
    except AudioError as error:
        return str(error), False
    except OSError as error:
        return f"{path}: can't be read ({error.strerror})", False
