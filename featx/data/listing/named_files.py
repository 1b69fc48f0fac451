"""Corpora whose utterances stand in a table: its rows, and the files that they name."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from featx.utils.csv_files import read_table
from featx.utils.text import counted, listed


def read_rows(path: Path, required: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a corpus's CSV, by column.

    Raises:
        FeatxError: if the file is not CSV in UTF-8, lacks a column, or has rows of other lengths.
    """
    table = read_table(path, required)
    table.problems.refuse(path)
    return [row for _, row in table.rows()]


def stem_of(name: str) -> str:
    """Return a file's name without folders and ending; folders may be set off by backslashes."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return base.rpartition(".")[0] or base


def by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    """Return files by their names without ending, the first of each name."""
    found: dict[str, Path] = {}
    for path in paths:
        found.setdefault(path.stem, path)
    return found


def missing_files(names: Sequence[str]) -> list[str]:
    """Return a note on the files that a table names and that are not there, or none."""
    if not names:
        return []
    return [f"left out {counted(len(names), 'utterance')} whose file is missing: {listed(names)}"]


def not_listed(files: Iterable[str], names: Collection[str]) -> list[str]:
    """Return a note on the files that are there and that no table names, or none."""
    surplus = sorted(set(files) - set(names))
    if not surplus:
        return []
    return [f"left out {counted(len(surplus), 'file')} that no table lists: {listed(surplus)}"]
