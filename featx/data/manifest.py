"""The manifest: a CSV with a row for each utterance, which all work starts from."""

import logging
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from pathlib import Path

from featx.data.audio import TIME_SLACK, AudioError, duration
from featx.data.labels import order_labels
from featx.data.paths import Located, locate
from featx.data.words import looks_missing, names_nobody
from featx.errors import Call, FeatxError
from featx.utils.arguments import checked
from featx.utils.csv_files import (
    NO_ROWS,
    Problems,
    check_lengths,
    header_faults,
    other_separator,
    read_lines,
)
from featx.utils.files import csv_line, replace, write_bytes
from featx.utils.text import counted, listed

log = logging.getLogger("featx")
REQUIRED = ("utterance", "path", "speaker", "label")
OPTIONAL = ("session", "split", "start", "end", "scale")
SPLITS = ("train", "validation", "test")


class ManifestError(FeatxError):
    """A manifest that can't be read or written; the message lists every problem in it."""


@dataclass(frozen=True)
class Utterance:
    """One row of a manifest.

    Attributes:
        utterance: unique id.
        path: the audio file, absolute.
        speaker: who speaks; empty if unknown.
        label: the emotion.
        session: recording session, empty if the corpus has none.
        split: "train", "validation", "test", or empty.
        start: where the utterance begins in the file, in seconds; None for its beginning.
        end: where it ends, in seconds; None for the file's end.
        extra: the corpus's own columns, as text.
        scale: what its samples are divided by, where a file of floating-point numbers holds
            integers; None if they need no scale.
    """

    utterance: str
    path: Path
    speaker: str
    label: str
    session: str = ""
    split: str = ""
    start: float | None = None
    end: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    scale: float | None = None

    def column(self, name: str) -> str:
        """Return the text in a column; empty if there is none."""
        if name in ("utterance", "label", "speaker", "session", "split"):
            return str(getattr(self, name))
        return self.extra.get(name, "")


@dataclass(frozen=True)
class Manifest:
    """The utterances of a corpus, in the order of their file."""

    path: Path
    utterances: tuple[Utterance, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The file's name without its ending: what features and runs are filed under."""
        return self.path.stem

    def _repr_html_(self) -> str:
        """Return how many utterances and speakers each label has, as a notebook shows it."""
        labels = order_labels(utterance.label for utterance in self.utterances)
        groups = [(label, [u for u in self.utterances if u.label == label]) for label in labels]
        rows = [
            f"<tr><th>{escape(name)}</th><td>{len(group):,}</td><td>{_count_speakers(group)}</td></tr>"
            for name, group in [*groups, ("total", list(self.utterances))]
        ]
        header = "<tr><th>label</th><th>utterances</th><th>speakers</th></tr>"
        caption = f"<caption>{escape(str(self.path))}</caption>"
        return f"<table>{caption}{header}{''.join(rows)}</table>"


def _count_speakers(utterances: Sequence[Utterance]) -> str:
    speakers = {utterance.speaker for utterance in utterances} - {""}
    return f"{len(speakers):,}" if speakers else "unknown"


@dataclass(frozen=True)
class ManifestRows:
    """A manifest as it was read, before it is checked.

    Attributes:
        folder: what audio paths are relative to.
        lines: the line number and fields of each row, the header first.
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


@checked
def load_manifest(path: str | Path) -> Manifest:
    """Read a manifest and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, path, speaker, label and optionally
            session, split, start, end (seconds), scale. Other columns are kept as text. Audio paths
            are relative to this file, or absolute. Files are also found where a path differs from
            them in backslashes, case, Unicode form or its first folders, which is said.

    Returns:
        The utterances, with absolute paths. A speaker called "Unknown" or the like is unknown.

    Raises:
        ManifestError: if the file can't be read, or naming every problem in it with its line.

    Example:
        >>> manifest = featx.load_manifest("manifest.csv")
        >>> sorted({utterance.label for utterance in manifest.utterances})
        ['angry', 'happy', 'sad']
    """
    return _load(Path(path), Path(path))


def _load(path: Path, content: Path) -> Manifest:
    """Read a manifest whose content lies, for now, in another file of the same folder."""
    read = _read_rows(content)
    located = locate_audio(read)
    problems = find_problems(read, located)
    if problems:
        raise ManifestError(f"{path} can't be used:\n{problems}")
    for note in [*located.notes, *_nobody(read)]:
        log.info("%s: %s.", path, note)
    return Manifest(path, tuple(_utterance(row, located.paths) for _, row in read.rows()))


def save_valid(path: Path, utterances: Sequence[Utterance]) -> Manifest:
    """Write a manifest as `save_manifest` does, unless it is not valid, and return it as read back.

    Raises:
        ManifestError: if it can't be written, or naming every problem; what was there before stays.
    """
    content = render_manifest(path, utterances)
    read: list[Manifest] = []

    def write(unfinished: Path) -> None:
        unfinished.write_bytes(content)
        read.append(_load(path, unfinished))

    try:
        replace(path, write)
    except OSError as error:
        raise ManifestError(f"{path}: can't be written ({error.strerror})") from error
    return read[0]


def save_manifest(path: Path, utterances: Sequence[Utterance]) -> None:
    """Write a manifest under a temporary name, then rename it.

    Args:
        path: the CSV; its folder is made if needed. Audio paths are written relative to it.
        utterances: the rows, in order.

    Raises:
        ManifestError: if the file can't be written.
    """
    try:
        write_bytes(path, render_manifest(path, utterances))
    except OSError as error:
        raise ManifestError(f"{path}: can't be written ({error.strerror})") from error


def render_manifest(path: Path, utterances: Sequence[Utterance]) -> bytes:
    """Return what `save_manifest` writes to `path`.

    Raises:
        ManifestError: if a file's name is not text, as names from other systems can be.
    """
    rows = [_row(utterance, path.parent.resolve()) for utterance in utterances]
    used = {column for row in rows for column, value in row.items() if value}
    own = [*REQUIRED, *(column for column in OPTIONAL if column in used)]
    extra = dict.fromkeys(column for utterance in utterances for column in utterance.extra)
    columns = [*own, *(column for column in extra if column not in (*REQUIRED, *OPTIONAL))]
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    try:
        return "".join(map(csv_line, lines)).encode()
    except UnicodeEncodeError as error:
        name = ascii(error.object[max(0, error.start - 40) : error.end + 40])
        raise ManifestError(f"{path}: a file name is not UTF-8, rename it: {name}") from error


def _read_rows(path: Path) -> ManifestRows:
    if not path.exists():
        arguments = {"corpus": "folder", "root": "CORPUS", "out": path}
        raise ManifestError(
            f"{path}: no such manifest.",
            Call("Make one from a corpus, such as", "build_manifest", arguments),
        )
    try:
        return ManifestRows(path.parent.resolve(), read_lines(path))
    except FeatxError as error:
        raise ManifestError(str(error)) from error


def _nobody(manifest: ManifestRows) -> list[str]:
    """Return a note if there are speakers whose names say that they are not known."""
    named = [row["speaker"] for _, row in manifest.rows() if names_nobody(row["speaker"])]
    words = sorted(set(named) - {""})
    if not words:
        return []
    count = counted(sum(map(bool, named)), "utterance")
    return [f"the speaker of {count} counts as unknown: {listed(words)}"]


def _utterance(row: dict[str, str], paths: Mapping[str, Path]) -> Utterance:
    return Utterance(
        utterance=row["utterance"],
        path=paths[row["path"]],
        speaker="" if names_nobody(row["speaker"]) else row["speaker"],
        label=row["label"],
        session=row.get("session", ""),
        split=row.get("split", ""),
        start=seconds(row.get("start", "")),
        end=seconds(row.get("end", "")),
        scale=_scale(row.get("scale", "")),
        extra={name: text for name, text in row.items() if name not in (*REQUIRED, *OPTIONAL)},
    )


def _row(utterance: Utterance, folder: Path) -> dict[str, str]:
    path = Path(os.path.relpath(utterance.path, folder))
    return {
        **utterance.extra,
        "utterance": utterance.utterance,
        "path": path.as_posix(),
        "speaker": utterance.speaker,
        "label": utterance.label,
        "session": utterance.session,
        "split": utterance.split,
        "start": "" if utterance.start is None else str(utterance.start),
        "end": "" if utterance.end is None else str(utterance.end),
        "scale": "" if utterance.scale is None else f"{utterance.scale:.17g}",
    }


def locate_audio(manifest: ManifestRows) -> Located:
    """Find the audio files of a manifest."""
    texts = (row["path"] for _, row in manifest.rows() if "path" in row)
    others = dict.fromkeys([Path.cwd(), manifest.folder.parent])
    return locate(texts, manifest.folder, [path for path in others if path != manifest.folder])


def seconds(text: str) -> float | None:
    """Return a time, or None where the manifest gives none.

    Raises:
        ValueError: if the text is not a finite number.
    """
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def find_problems(manifest: ManifestRows, located: Located) -> str:
    """Check a manifest.

    Args:
        manifest: its rows.
        located: its audio files.

    Returns:
        One line a problem, with its line number; empty if there is none.
    """
    if not manifest.lines:
        return f"  the file is empty; its first line must be {','.join(REQUIRED)}"
    problems = Problems()
    line = manifest.lines[0][0]
    for fault in header_faults(manifest.header, REQUIRED):
        problems.add("faults of the header", line, fault)
    if other_separator(manifest.header):
        return str(problems)
    if len(manifest.lines) == 1:
        problems.add("faults of the header", line, NO_ROWS)
    check_lengths(manifest.header, manifest.lines[1:], problems)
    _check_ids(manifest, problems)
    measure = lru_cache(duration)  # many rows can cut one long file
    for line, row in manifest.rows():
        _check_values(line, row, problems)
        audio = _check_audio(line, row, located, problems)
        _check_times(line, row, audio, measure, problems)
    return str(problems)


def _check_ids(manifest: ManifestRows, problems: Problems) -> None:
    first: dict[str, int] = {}
    for line, row in manifest.rows():
        name = row.get("utterance")
        if name and first.setdefault(name, line) != line:
            text = f"utterance {name!r} is already on line {first[name]}"
            problems.add("repeated utterances", line, text)


def _check_values(line: int, row: dict[str, str], problems: Problems) -> None:
    for name in ("utterance", "path", "label"):
        if not row.get(name, "-").strip():
            problems.add(f"rows without {name}", line, f"{name} is empty")
    _check_label(line, row.get("label", ""), problems)
    try:
        _scale(row.get("scale", ""))
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


def _check_audio(
    line: int, row: dict[str, str], located: Located, problems: Problems
) -> Path | None:
    text = row.get("path", "")
    if text.strip() and text not in located.paths:
        problems.add("missing audio files", line, located.missing(text))
    return located.paths.get(text)


def _scale(text: str) -> float | None:
    """Return a scale, or None where the manifest gives none.

    Raises:
        ValueError: if the text is not a finite number above 0.
    """
    value = seconds(text)
    if value is not None and value <= 0:
        raise ValueError(text)
    return value


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
