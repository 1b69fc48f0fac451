"""Hugging Face datasets of audio files: "audiofolder", with metadata or folders of labels."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from featx.data.corpora.huggingface.part import Part, Row, is_number
from featx.data.label_order import order_labels
from featx.data.listing.files import CorpusError, find_files, left_out
from featx.data.listing.tables.corpus_tables import read_rows
from featx.data.listing.tables.values import to_split
from featx.utils.text import listed

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
_METADATA = ("metadata.csv", "metadata.jsonl")


def read_audiofolder(folder: Path) -> tuple[list[Part], list[str]]:
    """Return the parts of a dataset of audio files; a part is a folder that is named as one.

    Args:
        folder: holds metadata.csv or metadata.jsonl, here or in the parts, whose column
            `file_name` is the file relative to it; or a folder for each label.

    Returns:
        The parts, and notes on what was left out.

    Raises:
        CorpusError: if the metadata can't be used, or a folder's name would be the only label.
        FeatxError: if metadata.csv is not CSV in UTF-8.
    """
    metadata = [path for path in find_files(folder, {".csv", ".jsonl"}) if path.name in _METADATA]
    if metadata:
        rows = [row for path in metadata for row in _read(path)]
        notes: list[str] = []
    else:
        rows, notes = _labelled(folder)
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(_split_name(Path(row["audio"]), folder), []).append(row)
    return [_part(name, folder, found) for name, found in parts.items()], notes


def _part(name: str, folder: Path, rows: Sequence[Row]) -> Part:
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    numbers = frozenset(
        column
        for column in columns
        if all(is_number(str(row[column])) for row in rows if row.get(column) not in (None, ""))
    )
    return Part(name, folder, columns, numbers, "audio", len(rows), partial(iter, rows))


def _read(path: Path) -> Iterator[Row]:
    """Yield the rows of a metadata file, with the file as `audio`, absolute."""
    if path.suffix == ".csv":
        rows: Sequence[Row] = read_rows(path, ())
    else:
        try:
            rows = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines() if line]
        except ValueError as error:
            raise CorpusError(f"{path}: is not a JSON object a line in UTF-8 ({error})") from error
    for number, row in enumerate(rows, 1):
        names = [n for n in row if n == "file_name" or n.endswith("_file_name")]
        if not names:
            raise CorpusError(f"{path}: has no column file_name, which names the audio files")
        if not row[names[0]]:
            raise CorpusError(f"{path}: row {number} names no file in the column {names[0]}")
        file = str(row[names[0]]).replace("\\", "/")
        others = {name: value for name, value in row.items() if name not in (names[0], "audio")}
        yield {"audio": str(path.parent.absolute() / file), **others}


def _labelled(folder: Path) -> tuple[list[Row], list[str]]:
    """Return audio files in folders of labels, as the package has it where there is no metadata.

    Any folder can be one, so that notes name them.
    """
    rows: list[Row] = []
    loose = []
    for path in find_files(folder, SUFFIXES):
        if path.parent == folder or to_split(path.parent.name):
            loose.append(path)
        else:
            rows.append({"audio": str(path.absolute()), "label": path.parent.name})
    labels = order_labels(row["label"] for row in rows)
    if len(labels) == 1:
        raise CorpusError(
            f"{folder}: without metadata.csv labels are the folders' names, and {labels[0]} would "
            "be the only one; give the folder around the labels' folders"
        )
    notes = left_out(folder, loose, "in no folder of a label")
    if labels:
        names = listed(labels, 8)
        notes.append(
            f"labels are the folders' names: {names}; `featx manifest folder` takes `speaker`"
        )
    return rows, notes


def _split_name(path: Path, folder: Path) -> str:
    absolute = folder.absolute()
    inner = path.relative_to(absolute).parts[:-1] if path.is_relative_to(absolute) else ()
    return next((name for name in inner if to_split(name)), "")
