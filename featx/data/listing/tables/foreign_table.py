"""Somebody's table, whatever separates its columns: CSV, TSV, or JSON lines."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from featx.data.listing.files import CorpusError
from featx.data.listing.tables.encodings import read_text
from featx.utils.cells import unguard
from featx.utils.csv_files import Problems, check_lengths
from featx.utils.text import counted

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
_AUDIO = re.compile(r"\.(wav|flac|ogg|mp3|m4a|mp4|aiff?|au|wma|opus)(\s|$)", re.IGNORECASE)
Lines = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class ForeignTable:
    """A table as it was read.

    Attributes:
        path: the file.
        header: the names of its columns.
        rows: the line number and the columns of each row, trimmed.
        separator: what separates columns; empty for JSON.
        notes: how it was read, where that is not the usual way.
    """

    path: Path
    header: list[str]
    rows: list[tuple[int, dict[str, str]]]
    separator: str
    notes: list[str]


def read_foreign(
    path: Path, separator: str | None, encoding: str | None, wanted: Collection[str]
) -> ForeignTable:
    """Read a table.

    Args:
        path: the file.
        separator: a character, or "tab"; by default the one that makes all rows equally long.
        encoding: how it is encoded; see `read_text`.
        wanted: names of columns that it may have, by which the right separator shows.

    Raises:
        CorpusError: if it can't be read so, naming every row that doesn't fit.
    """
    text, _, notes = read_text(path, encoding)
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        return _from_json(path, text, notes)
    text, given = _excel_mark(text)
    chosen = _separator(separator) if separator else given
    sep = chosen or _guess(path, text, wanted)
    if sep != "," and not chosen:
        notes.append(f"{path.name} is read with {_NAMES[sep]} between columns")
    lines = _parse(path, text, sep, skipped=1 if given else 0)
    if len(lines) < 2:
        raise CorpusError(f"{path}: is empty: it needs names of columns, and rows below them.")
    (_, names), *others = lines
    header = [name.strip() for name in names]
    _check_header(path, header)
    problems = Problems()
    others = [(line, _without_empty_ends(fields, len(header))) for line, fields in others]
    check_lengths(header, others, problems)
    if problems.kinds:
        raise CorpusError(f"{path} can't be used:\n{problems}")
    notes += _unnamed(path, header, others)
    cells = [(n, dict(zip(header, map(str.strip, row), strict=True))) for n, row in others]
    return ForeignTable(path, header, cells, sep, notes)


def _separator(text: str) -> str:
    separator = _WORDS.get(text, text)
    if len(separator) != 1 or separator in '\r\n"':
        raise CorpusError(f"`separator={text}`: must be a single character such as ;, or tab.")
    return separator


def _excel_mark(text: str) -> tuple[str, str | None]:
    """Return a text without the line `sep=;`, by which Excel knows its separator, and that."""
    match = re.match(r'"?sep=(.)"?\r?\n', text)
    return (text[match.end() :], match[1]) if match else (text, None)


def _guess(path: Path, text: str, wanted: Collection[str]) -> str:
    """Return the separator with which a header has wanted columns and all rows are as long."""
    tables = {}
    for separator in _NAMES:
        try:
            lines = _parse(path, text, separator)
        except CorpusError:
            continue
        names = [name.strip() for name in lines[0][1]] if lines else []
        if len(names) > 1:
            shapes = Counter(len(fields) for _, fields in lines)
            tables[separator] = (len(set(wanted) & set(names)), shapes[len(names)], len(names))
    if not tables:
        return ","
    best = max(tables, key=lambda separator: tables[separator])
    twins = [s for s in tables if tables[s][:2] == tables[best][:2] and s != best]
    if twins:
        raise CorpusError(
            f"{path}: its columns may be separated by {_NAMES[best]} or {_NAMES[twins[0]]}; "
            "give `separator`."
        )
    return best


def _parse(path: Path, text: str, separator: str, skipped: int = 0) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: Lines = []
    first = 1
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                lines.append((first + skipped, unguard(fields)))
            first = reader.line_num + 1
    except csv.Error as error:
        raise CorpusError(f"{path}: line {first + skipped} is not CSV ({error}).") from error
    return lines


def _without_empty_ends(fields: list[str], length: int) -> list[str]:
    """Return a row without the empty fields that spreadsheets leave after the last column."""
    return fields[:length] if not any(map(str.strip, fields[length:])) else fields


def _unnamed(path: Path, header: list[str], rows: Lines) -> list[str]:
    """Return a note if columns without a name hold something; the first numbers the rows."""
    places = [place for place, name in enumerate(header) if not name and place > 0]
    held = [place for place in places if any(fields[place].strip() for _, fields in rows)]
    return [f"{path.name}: left out {counted(len(held), 'column')} without a name"] * bool(held)


def _check_header(path: Path, header: list[str]) -> None:
    files = [name for name in header if _AUDIO.search(name)]
    if files:
        raise CorpusError(
            f"{path}: its first line holds a file, {files[0]!r}, and no names of columns. Add a "
            "line above it, such as path,label."
        )
    twice = [name for name, number in Counter(header).items() if number > 1 and name]
    if twice:
        raise CorpusError(f"{path}: several columns are named {twice[0]!r}.")


def _from_json(path: Path, text: str, notes: list[str]) -> ForeignTable:
    """Read a list of objects, or an object a line."""
    rows: list[tuple[int, object]] = []
    line = 1
    try:
        if text.lstrip().startswith("["):
            rows = list(enumerate(json.loads(text), 1))
        else:
            for line, content in enumerate(text.splitlines(), 1):
                if content.strip():
                    rows.append((line, json.loads(content)))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: line {line} is not JSON ({error}).") from error
    header: dict[str, None] = {}
    for number, row in rows:
        if not isinstance(row, dict):
            raise CorpusError(
                f"{path}: row {number} is no object with the columns of an utterance."
            )
        header.update(dict.fromkeys(row))
    if not rows:
        raise CorpusError(f"{path}: is empty.")
    cells = [
        (number, {name: _plain(row.get(name)) for name in header})
        for number, row in rows
        if isinstance(row, dict)
    ]
    return ForeignTable(path, list(header), cells, "", notes)


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
