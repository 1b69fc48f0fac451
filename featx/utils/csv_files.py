"""CSV files that people made: read whole, every fault named with its line."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from featx.errors import FeatxError
from featx.utils.cells import unguard
from featx.utils.progress import passing
from featx.utils.text import closest, first_lines

NO_ROWS = "there are no rows below the header"
_SHOWN = 20  # problems of one kind
_DIFFERENT = 50_000  # texts of a column that are remembered to be shared
_SEPARATORS = {";": "semicolon", "\t": "tab"}


@dataclass
class Problems:
    """What is wrong in a file, by kind, in the order met."""

    kinds: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, line: int, text: str) -> None:
        """Note a problem; `kind` is a plural such as "repeated utterances"."""
        self.kinds.setdefault(kind, []).append(f"line {line}: {text}")

    def __str__(self) -> str:
        lines: list[str] = []
        for kind, found in self.kinds.items():
            lines += first_lines(found, _SHOWN, kind)
        return "\n".join(lines)

    def refuse(self, path: Path) -> None:
        """Raise a FeatxError that lists all problems of the file, if there are any."""
        if self.kinds:
            raise FeatxError(f"{path} can't be used:\n{self}")


@dataclass(frozen=True)
class Table:
    """A CSV as it was read.

    Attributes:
        header: the names of the columns.
        lines: line number and fields of each row, all of the header's length.
        problems: those found so far: rows of another length.
    """

    header: list[str]
    lines: list[tuple[int, list[str]]]
    problems: Problems

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line number and the columns, trimmed, of each row."""
        for line, fields in self.lines:
            yield line, dict(zip(self.header, map(str.strip, fields), strict=True))


def read_table(path: Path, required: Sequence[str]) -> Table:
    """Read a CSV in UTF-8 with one header line.

    Args:
        path: the file; blank lines in it are skipped.
        required: the columns it must have.

    Raises:
        FeatxError: if the file can't be read, is empty, or its header can't be used.
    """
    lines = read_lines(path)
    if not lines:
        expected = ",".join(required)
        raise FeatxError(f"{path} is empty; its first line must name columns: {expected}")
    (first, names), *others = lines
    header = [name.strip() for name in names]
    problems = Problems()
    for fault in header_faults(header, required):
        problems.add("faults of the header", first, fault)
    if not others:
        problems.add("faults of the header", first, NO_ROWS)
    problems.refuse(path)
    check_lengths(header, others, problems)
    whole = [(line, fields) for line, fields in others if len(fields) == len(header)]
    return Table(header, whole, problems)


def read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return line number and fields of each row that is not blank, the header first.

    Raises:
        FeatxError: if the file can't be read or is not CSV in UTF-8.
    """
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise FeatxError(f"{path}: is a folder, and a CSV file is needed.") from None
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror})") from error
    return parse_lines(path, content)


def parse_lines(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    """Do as `read_lines` with what a file holds, or is to hold."""
    # decoded bit by bit: a table can have a million rows
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    lines, first, columns = [], 1, list[_Shared]()
    try:
        for fields in passing(reader, content.count(b"\n"), f"Reading {path.name}", "lines"):
            if fields:  # not a blank line
                fields = unguard(fields)
                columns = columns or [_Shared() for _ in fields]
                if len(fields) == len(columns):
                    fields = [known[cell] for known, cell in zip(columns, fields, strict=True)]
                lines.append((first, fields))
            first = reader.line_num + 1
    except UnicodeDecodeError:
        line = _first_undecodable(content)
        raise FeatxError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise FeatxError(f"{path}: line {first} is not CSV ({error})") from error
    return lines


class _Shared(dict[str, str]):
    """The texts of a column, each kept once, as far as they are not all different."""

    def __missing__(self, text: str) -> str:
        if len(self) < _DIFFERENT:
            self[text] = text
        return text


def _first_undecodable(content: bytes) -> int:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.object[: error.start].count(b"\n") + 1
    return 1


def other_separator(names: Sequence[str]) -> str | None:
    """Name the separator of a file that doesn't use commas."""
    found = (name for char, name in _SEPARATORS.items() if len(names) == 1 and char in names[0])
    return next(found, None)


def header_faults(names: Sequence[str], required: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the names of the columns: another separator, missing, repeated."""
    if separator := other_separator(names):
        yield f"the file looks {separator}-separated; save it with commas"
        return
    others = [name for name in names if name not in required]
    for name in required:
        if name not in names:
            meant = closest(name, others)
            hint = "" if meant is None else f" (is it {meant!r}?)"
            yield f"column {name!r} is missing{hint}; there are: {', '.join(names)}"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{count} columns are named {name!r}"


def check_lengths(
    header: Sequence[str], lines: Sequence[tuple[int, list[str]]], problems: Problems
) -> None:
    """Note the rows that have more or fewer fields than the header."""
    expected = len(header)
    for line, fields in lines:
        if len(fields) != expected:
            hint = "; put quotes around a field with a comma" if len(fields) > expected else ""
            text = f"{len(fields)} fields where the header names {expected}{hint}"
            problems.add("rows of the wrong length", line, text)
