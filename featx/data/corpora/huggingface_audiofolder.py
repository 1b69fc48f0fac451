"""Hugging Face datasets of audio files: "audiofolder", with metadata or folders of labels."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from featx.data.corpora.huggingface_part import Part, Row
from featx.data.listing.files import CorpusError, find_files
from featx.data.listing.named_files import read_rows
from featx.data.listing.values import to_split

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
_METADATA = ("metadata.csv", "metadata.jsonl")


def read_audiofolder(folder: Path) -> list[Part]:
    """Return the parts of a dataset of audio files; a part is a folder that is named as one.

    Args:
        folder: holds metadata.csv or metadata.jsonl, here or in the parts, whose column
            `file_name` is the file relative to it; or a folder for each label.

    Raises:
        CorpusError: if the metadata can't be used.
        FeatxError: if metadata.csv is not CSV in UTF-8.
    """
    metadata = [path for path in find_files(folder, {".csv", ".jsonl"}) if path.name in _METADATA]
    rows = [row for path in metadata for row in _read(path)] if metadata else _labelled(folder)
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(_split_name(Path(row["audio"]), folder), []).append(row)
    return [_part(name, folder, found) for name, found in parts.items()]


def _part(name: str, folder: Path, rows: Sequence[Row]) -> Part:
    columns = dict.fromkeys(column for row in rows for column in row)
    return Part(name, folder, tuple(columns), "audio", len(rows), partial(iter, rows))


def _read(path: Path) -> Iterator[Row]:
    """Yield the rows of a metadata file, with the file as `audio`, absolute."""
    if path.suffix == ".csv":
        rows: Sequence[Row] = read_rows(path, ())
    else:
        try:
            rows = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines() if line]
        except ValueError as error:
            raise CorpusError(f"{path}: is not a JSON object a line in UTF-8 ({error})") from error
    for row in rows:
        names = [n for n in row if n == "file_name" or n.endswith("_file_name")]
        if not names:
            raise CorpusError(f"{path}: has no column file_name, which names the audio files")
        file = str(row[names[0]]).replace("\\", "/")
        others = {name: value for name, value in row.items() if name not in (names[0], "audio")}
        yield {"audio": str(path.parent.absolute() / file), **others}


def _labelled(folder: Path) -> Iterator[Row]:
    """Yield audio files in folders of labels, as the package has it where there is no metadata."""
    for path in find_files(folder, SUFFIXES):
        if path.parent != folder and not to_split(path.parent.name):
            yield {"audio": str(path.absolute()), "label": path.parent.name}


def _split_name(path: Path, folder: Path) -> str:
    absolute = folder.absolute()
    inner = path.relative_to(absolute).parts[:-1] if path.is_relative_to(absolute) else ()
    return next((name for name in inner if to_split(name)), "")
