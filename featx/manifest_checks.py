"""Everything that can be wrong in a manifest, all of it found at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from featx.audio import TIME_SLACK, AudioError, duration
from featx.manifest_columns import OPTIONAL, REQUIRED, SPLITS, audio_path, seconds
from featx.tables import NO_ROWS, Problems, check_lengths, header_faults, other_separator


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


def find_problems(table: Table) -> str:
    """Check a manifest.

    Returns:
        One line a problem, with its line number; empty if there is none.
    """
    if not table.lines:
        return f"  the file is empty; its first line must be {','.join(REQUIRED)}"
    problems = Problems()
    line = table.lines[0][0]
    for fault in header_faults(table.header, REQUIRED):
        problems.add("faults of the header", line, fault)
    if other_separator(table.header):
        return str(problems)
    if len(table.lines) == 1:
        problems.add("faults of the header", line, NO_ROWS)
    check_lengths(table.header, table.lines[1:], problems)
    _check_ids(table, problems)
    measure = lru_cache(duration)  # many rows can cut one long file
    for line, row in table.rows():
        _check_values(line, row, problems)
        audio = _check_audio(line, row, table.folder, problems)
        _check_times(line, row, audio, measure, problems)
    return str(problems)


def _check_ids(table: Table, problems: Problems) -> None:
    first: dict[str, int] = {}
    for line, row in table.rows():
        name = row.get("utterance")
        if name and first.setdefault(name, line) != line:
            text = f"utterance {name!r} is already on line {first[name]}"
            problems.add("repeated utterances", line, text)


def _check_values(line: int, row: dict[str, str], problems: Problems) -> None:
    for name in ("utterance", "path", "label"):
        if not row.get(name, "-").strip():
            problems.add(f"rows without {name}", line, f"{name} is empty")
    split = row.get("split")
    if split and split not in SPLITS:
        text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
        problems.add("unknown splits", line, text)


def _check_audio(line: int, row: dict[str, str], folder: Path, problems: Problems) -> Path | None:
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
    problems: Problems,
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
