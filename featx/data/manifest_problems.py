"""What can be wrong in a manifest, each problem with its line."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from featx.data.audio import TIME_SLACK, AudioError, duration
from featx.data.files.paths import Located
from featx.data.manifest_rows import REQUIRED, SPLITS, ManifestRows, scale_of, seconds
from featx.data.words import looks_missing
from featx.utils.csv_files import NO_ROWS, Problems, check_lengths, header_faults, other_separator
from featx.utils.text import closest


def find_problems(manifest: ManifestRows, located: Located, needs_audio: bool = True) -> str:
    """Check a manifest.

    Args:
        manifest: its rows.
        located: its audio files.
        needs_audio: whether a file that is not there is a problem.

    Returns:
        One line a problem, with its line number; empty if there is none.
    """
    if not manifest.lines:
        return f"  the file is empty; its first line must be {','.join(REQUIRED)},label"
    problems = Problems()
    line = manifest.lines[0][0]
    misspelt = "label" not in manifest.header and closest("label", manifest.header)
    needed = (*REQUIRED, "label") if misspelt else REQUIRED
    for fault in header_faults(manifest.header, needed):
        problems.add("faults of the header", line, fault)
    if other_separator(manifest.header):
        return str(problems)
    if len(manifest.lines) == 1:
        problems.add("faults of the header", line, NO_ROWS)
    check_lengths(manifest.header, manifest.lines[1:], problems)
    _check_ids(manifest, problems)
    measure = lru_cache(duration)  # many rows can cut one long file
    for line, row in manifest.rows("Checking the manifest"):
        _check_values(line, row, problems)
        if needs_audio:
            _check_audio(line, row, located, problems)
        audio = located.paths.get(row.get("path", ""))
        _check_times(line, row, audio, measure, problems)
    return str(problems)


def _check_ids(manifest: ManifestRows, problems: Problems) -> None:
    first: dict[str, int] = {}
    for line, row in manifest.rows("Looking for repeated utterances"):
        name = row.get("utterance")
        if name and first.setdefault(name, line) != line:
            text = f"utterance {name!r} is already on line {first[name]}"
            problems.add("repeated utterances", line, text)


def _check_values(line: int, row: dict[str, str], problems: Problems) -> None:
    for name in ("utterance", "path"):
        if not row.get(name, "-").strip():
            problems.add(f"rows without {name}", line, f"{name} is empty")
    _check_label(line, row.get("label", ""), problems)
    try:
        scale_of(row.get("scale", ""))
    except ValueError:
        text = f"scale is {row['scale']!r}, not a number above 0 such as 32768"
        problems.add("unusable scales", line, text)
    split = row.get("split")
    if split and split not in SPLITS:
        text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
        problems.add("unknown splits", line, text)


def _check_label(line: int, label: str, problems: Problems) -> None:
    if label and looks_missing(label):
        text = f"label {label!r} looks like a missing value; name the class, or leave out the row"
        problems.add("missing labels", line, text)


def _check_audio(line: int, row: dict[str, str], located: Located, problems: Problems) -> None:
    text = row.get("path", "")
    if text.strip() and text not in located.paths:
        problems.add("missing audio files", line, located.missing(text))


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
