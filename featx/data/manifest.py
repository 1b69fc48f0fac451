"""The manifest: a CSV with a row for each utterance, which all work starts from."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from featx.data.files.paths import plain_path
from featx.data.label_order import order_labels
from featx.data.manifest_problems import find_problems
from featx.data.manifest_rows import (
    OPTIONAL,
    REQUIRED,
    ManifestError,
    ManifestRows,
    locate_audio,
    read_rows,
    scale_of,
    seconds,
)
from featx.data.words import names_nobody, note_of_nobody
from featx.utils.arguments import checked
from featx.utils.csv_files import parse_lines
from featx.utils.files import csv_line, write_bytes
from featx.utils.remote.path import RemotePath, to_path

_KNOWN = frozenset((*REQUIRED, *OPTIONAL))
_ALWAYS = ("utterance", "label", "speaker", "session", "split")  # attributes that are columns
_DIFFERENT = 50_000  # rows of columns that are remembered to be shared
log = logging.getLogger("featx")


@dataclass(frozen=True, slots=True)  # there can be a million
class Utterance:
    """One row of a manifest.

    Attributes:
        utterance: unique id.
        path: the audio file, absolute, or its URL (a `RemotePath`).
        speaker: who speaks; empty if unknown.
        label: the emotion; empty if unknown.
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
        if name in _ALWAYS:
            return str(getattr(self, name))
        return self.extra.get(name, "")


@dataclass(frozen=True)
class Manifest:
    """The utterances of a corpus, in the order of their file."""

    path: Path
    utterances: tuple[Utterance, ...] = field(repr=False)

    @property
    def columns(self) -> list[str]:
        """The columns that an utterance has text in, those of every manifest first."""
        return [*_ALWAYS, *dict.fromkeys(name for u in self.utterances for name in u.extra)]

    @property
    def name(self) -> str:
        """The file's name without its ending: what features and runs are filed under."""
        return self.path.stem

    def _repr_html_(self) -> str:
        """Return how many utterances and speakers each label has, as a notebook shows it."""
        labels = order_labels(u.label for u in self.utterances if u.label)
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


@checked
def load_manifest(path: str | Path) -> Manifest:
    """Read a manifest and check all of it.

    Args:
        path: a CSV in UTF-8, or its URL, with the columns utterance, path, speaker and optionally
            label (which learning labels needs), session, split, start, end (seconds), scale. Other
            columns are kept as text.
            Audio paths are relative to this file, absolute or URLs (docs/remote.md). Files are also
            found where a path differs from them in backslashes, case, Unicode form or its first
            folders, which is said.

    Returns:
        The utterances, with absolute paths. A speaker called "Unknown" or the like is unknown.

    Raises:
        ManifestError: if the file can't be read, or naming every problem in it with its line.

    Example:
        >>> manifest = featx.load_manifest("manifest.csv")
        >>> sorted({utterance.label for utterance in manifest.utterances})
        ['angry', 'happy', 'sad']
    """
    path = to_path(path)
    return _checked_manifest(path, read_rows(path))


def load_without_audio(path: str | Path) -> Manifest:
    """Do as `load_manifest` does, for work on features alone: audio files may be missing."""
    path = to_path(path)
    return _checked_manifest(path, read_rows(path), needs_audio=False)


def load_with_gaps(path: str | Path) -> Manifest:
    """Do as `load_manifest` does, but for audio files that are missing where others are not."""
    corpus = load_without_audio(path)
    return load_manifest(path) if audio_is_gone(corpus.utterances) else corpus


def audio_is_gone(utterances: Iterable[Utterance]) -> bool:
    """Tell whether not a single audio file of a corpus is here."""
    return not any(utterance.path.is_file() for utterance in utterances)


def _checked_manifest(path: Path, read: ManifestRows, needs_audio: bool = True) -> Manifest:
    located = locate_audio(read)
    problems = find_problems(read, located, needs_audio)
    if problems:
        raise ManifestError(f"{path} can't be used:\n{problems}")
    nobody = note_of_nobody(read.column("speaker"))
    for note in [*located.notes, *nobody]:
        log.info("%s: %s.", path, note)
    for text in read.column("path"):  # those that are not there keep the path they should have
        if text not in located.paths:
            located.paths[text] = plain_path(located.folder, text)
    rows = read.rows("Taking up the manifest")
    shared: dict[tuple[str, ...], dict[str, str]] = {}
    return Manifest(path, tuple(_utterance(row, located.paths, shared) for _, row in rows))


def save_valid(path: Path, utterances: Sequence[Utterance]) -> Manifest:
    """Write a manifest as `save_manifest` does, unless it is not valid, and return it.

    Raises:
        ManifestError: if it can't be written, or naming every problem; what was there before stays.
    """
    content = render_manifest(path, utterances)
    rows = ManifestRows(path.parent.resolve(), parse_lines(path, content))
    try:
        manifest = _checked_manifest(path, rows)
    except ManifestError as error:
        raise ManifestError(f"Nothing was written. {error}") from error
    save_manifest(path, utterances)
    return manifest


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


def _utterance(
    row: dict[str, str],
    paths: Mapping[str, Path],
    shared: dict[tuple[str, ...], dict[str, str]],
) -> Utterance:
    """Return a row as an utterance; those with the same columns of their own share them."""
    own = tuple([text for name, text in row.items() if name not in _KNOWN])
    extra = shared.get(own)
    if extra is None:
        extra = {name: text for name, text in row.items() if name not in _KNOWN}
        if len(shared) < _DIFFERENT:
            shared[own] = extra
    get = row.get
    return Utterance(
        row["utterance"],
        paths[row["path"]],
        "" if names_nobody(row["speaker"]) else row["speaker"],
        row.get("label", ""),
        get("session", ""),
        get("split", ""),
        seconds(get("start", "")),
        seconds(get("end", "")),
        extra,
        scale_of(get("scale", "")),
    )


def _row(utterance: Utterance, folder: Path) -> dict[str, str]:
    return {
        **utterance.extra,
        "utterance": utterance.utterance,
        "path": _written(utterance.path, folder),
        "speaker": utterance.speaker,
        "label": utterance.label,
        "session": utterance.session,
        "split": utterance.split,
        "start": "" if utterance.start is None else str(utterance.start),
        "end": "" if utterance.end is None else str(utterance.end),
        "scale": "" if utterance.scale is None else f"{utterance.scale:.17g}",
    }


def _written(path: Path, folder: Path) -> str:
    """Return a path as a manifest in a folder has it."""
    if isinstance(path, RemotePath):
        return str(path)
    return Path(os.path.relpath(path, folder)).as_posix()
