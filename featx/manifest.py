"""The manifest: a CSV with one row an utterance, which every command starts from."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from featx.errors import FeatxError
from featx.files import csv_line, write_bytes
from featx.manifest_checks import Table, find_problems
from featx.manifest_columns import OPTIONAL, REQUIRED, audio_path, seconds
from featx.tables import read_lines


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


@dataclass(frozen=True)
class Manifest:
    """The utterances of a corpus, in the order of their file."""

    path: Path
    utterances: tuple[Utterance, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending: what features and runs are filed under."""
        return self.path.stem


def load_manifest(path: Path) -> Manifest:
    """Read a manifest and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, path, speaker, label and optionally
            session, split, start, end (seconds). Other columns are kept as text. Audio paths are
            relative to this file, or absolute.

    Returns:
        The utterances, with absolute paths.

    Raises:
        ManifestError: if the file can't be read, or naming every problem in it with its line.
    """
    table = _read_table(path)
    problems = find_problems(table)
    if problems:
        raise ManifestError(f"{path} can't be used:\n{problems}")
    return Manifest(path, tuple(_utterance(row, table.folder) for _, row in table.rows()))


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


def _read_table(path: Path) -> Table:
    if not path.exists():
        raise ManifestError(
            f"{path}: no such manifest. `featx manifest` makes one from a corpus; "
            f"see `featx manifest --help`"
        )
    try:
        return Table(path.parent.resolve(), read_lines(path))
    except FeatxError as error:
        raise ManifestError(str(error)) from error


def _utterance(row: dict[str, str], folder: Path) -> Utterance:
    return Utterance(
        utterance=row["utterance"],
        path=audio_path(folder, row["path"]),
        speaker=row["speaker"],
        label=row["label"],
        session=row.get("session", ""),
        split=row.get("split", ""),
        start=seconds(row.get("start", "")),
        end=seconds(row.get("end", "")),
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
    }
