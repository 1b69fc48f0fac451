"""Everything that can be wrong in a manifest, all of it found at once."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from featx.audio import TIME_SLACK, AudioError, duration
from featx.manifest_columns import OPTIONAL, REQUIRED, SPLITS, audio_path, seconds

_SHOWN = 20  # problems of one kind


@dataclass(frozen=True)
class Table:
    """A CSV as it was read.

    Attributes:
        folder: what audio paths are relative to.
        lines: line number and fields, the header first.
    """

    folder: Path
    lines: list[tuple[int, list[str]]]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [name.strip() for name in self.lines[0][1]] if self.lines else []

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line number and the columns of each row that has the header's length."""
        header = self.header
        trimmed = {*REQUIRED, *OPTIONAL} - {"path"}  # a file's name can end in spaces
        for line, fields in self.lines[1:]:
            if len(fields) == len(header):
                cells = zip(header, fields, strict=True)
                yield line, {name: c.strip() if name in trimmed else c for name, c in cells}


class _Problems:
    """What was found, by kind, in the order met."""

    def __init__(self) -> None:
        self.kinds: dict[str, list[str]] = {}

    def add(self, kind: str, line: int, text: str) -> None:
        self.kinds.setdefault(kind, []).append(f"  line {line}: {text}")

    def __str__(self) -> str:
        lines: list[str] = []
        for kind, found in self.kinds.items():
            lines += found[:_SHOWN]
            if len(found) > _SHOWN:
                lines.append(f"  ... and {len(found) - _SHOWN} more {kind}")
        return "\n".join(lines)


def find_problems(table: Table) -> str:
    """Check a manifest.

    Returns:
        One line a problem, with its line number; empty if there is none.
    """
    if not table.lines:
        return f"  the file is empty; its first line must be {','.join(REQUIRED)}"
    if separator := _separator(table):
        return f"  line 1: the file looks {separator}-separated; save it with commas"
    problems = _Problems()
    line = table.lines[0][0]
    for fault in _header_faults(table.header):
        problems.add("faults of the header", line, fault)
    if len(table.lines) == 1:
        problems.add("faults of the header", line, "there are no rows below the header")
    _check_field_counts(table, problems)
    _check_ids(table, problems)
    measure = lru_cache(duration)  # many rows can cut one long file
    for line, row in table.rows():
        _check_values(line, row, problems)
        audio = _check_audio(line, row, table.folder, problems)
        _check_times(line, row, audio, measure, problems)
    return str(problems)


def _separator(table: Table) -> str | None:
    """Name the separator of a file that doesn't use commas."""
    header = table.header
    names = {";": "semicolon", "\t": "tab"}
    return next((names[c] for c in names if len(header) == 1 and c in header[0]), None)


def _header_faults(names: list[str]) -> Iterator[str]:
    others = {name.lower(): name for name in names if name not in REQUIRED}
    for name in REQUIRED:
        if name not in names:
            near = get_close_matches(name, others, n=1)
            nearest = f" (is it {others[near[0]]!r}?)" if near else ""
            yield f"column {name!r} is missing{nearest}; there are: {', '.join(names)}"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{count} columns are named {name!r}"


def _check_field_counts(table: Table, problems: _Problems) -> None:
    expected = len(table.header)
    for line, fields in table.lines[1:]:
        if len(fields) != expected:
            hint = "; put quotes around a field with a comma" if len(fields) > expected else ""
            text = f"{len(fields)} fields where the header names {expected}{hint}"
            problems.add("rows of the wrong length", line, text)


def _check_ids(table: Table, problems: _Problems) -> None:
    first: dict[str, int] = {}
    for line, row in table.rows():
        name = row.get("utterance")
        if name and first.setdefault(name, line) != line:
            text = f"utterance {name!r} is already on line {first[name]}"
            problems.add("repeated utterances", line, text)


def _check_values(line: int, row: dict[str, str], problems: _Problems) -> None:
    for name in ("utterance", "path", "label"):
        if not row.get(name, "-").strip():
            problems.add(f"rows without {name}", line, f"{name} is empty")
    split = row.get("split")
    if split and split not in SPLITS:
        text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
        problems.add("unknown splits", line, text)


def _check_audio(line: int, row: dict[str, str], folder: Path, problems: _Problems) -> Path | None:
    if not row.get("path", "").strip():
        return None
    path = audio_path(folder, row["path"])
    if path.is_file():
        return path
    problems.add("missing audio files", line, f"no audio file {path}")
    return None


def _check_times(
    line: int,
    row: dict[str, str],
    audio: Path | None,
    measure: Callable[[Path], float],
    problems: _Problems,
) -> None:
    try:
        start, end = (_time(row, name) for name in ("start", "end"))
        if start is None and end is None:
            return
        if end is not None and (start or 0.0) >= end:
            raise ValueError(f"start {start or 0.0:g} s is not before end {end:g} s")
        length = measure(audio) if audio else None
    except (ValueError, AudioError) as error:
        problems.add("unusable times", line, str(error))
        return
    if length is None:
        return
    if not 0 <= (start or 0.0) < length or (end or 0.0) > length + TIME_SLACK:
        text = f"{start or 0.0:g}-{length if end is None else end:g} s lies outside {audio}"
        problems.add("times outside the audio", line, f"{text}, which is {length:.3f} s long")


def _time(row: dict[str, str], name: str) -> float | None:
    text = row.get(name, "")
    try:
        return seconds(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, not a number of seconds such as 1.25") from None
