"""Corpora whose utterances stand in a table: its rows, and the files that they name."""

import filecmp
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from featx.data.listing.files import CorpusError, drop_duplicates
from featx.utils.csv_files import read_table
from featx.utils.text import counted, listed

NO_SPEAKERS = "speakers are unknown; name their column with `columns`, as speaker=COLUMN"


def only_table(root: Path, paths: Sequence[Path], what: str) -> Path:
    """Return the only table of a corpus, or the first of several with the same content.

    Raises:
        CorpusError: if there are several that differ, naming them.
    """
    first, *others = paths
    if not all(filecmp.cmp(first, path, shallow=False) for path in others):
        raise several_found(root, paths, what)
    return first


def several_found(root: Path, paths: Sequence[Path], what: str) -> CorpusError:
    """Return the error for a folder that holds several corpora."""
    names = listed([path.relative_to(root) for path in paths], 8)
    return CorpusError(f"{root} holds {len(paths):,} {what}: {names}. Give the folder of one")


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


def named_files(
    root: Path, paths: Iterable[Path], names: Collection[str]
) -> tuple[dict[str, Path], list[str]]:
    """Return the files that a table names, by their names without ending.

    Returns:
        The files, and a note on copies that were left out.

    Raises:
        CorpusError: if files of a name differ in content.
    """
    named = [path for path in paths if path.stem in names]
    kept, notes = drop_duplicates(root, named, lambda path: path.stem)
    return {path.stem: path for path in kept}, notes


def read_words(path: Path) -> str:
    """Return what a transcript says, in a line."""
    return " ".join(path.read_text("utf-8-sig", errors="replace").split())


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


def without_label(labels: Sequence[str]) -> list[str]:
    """Return a note on the utterances of a table that have no label, or none.

    Args:
        labels: what stands for the label of each: nothing, or words such as "nan".
    """
    if not labels:
        return []
    words = sorted(set(labels) - {""})
    said = f": {listed(words)}" if words else ""
    return [f"left out {counted(len(labels), 'utterance')} without a label{said}"]


def unknown_votes(names: Sequence[str]) -> list[str]:
    """Return a note on the turns with votes in words nobody knows, or none."""
    if not names:
        return []
    turns = counted(len(names), "turn")
    return [f"{turns} with unknown votes, agreement left empty: {listed(names)}"]
