"""What readers of a matrix must know of its cells, each note once."""

import re
from collections.abc import Sequence

from featx.cross_corpus.cells import Cell

_NAMED = 3  # cells that are named; of more their number is said
_FIGURES = re.compile(r"(?<![\w-])\d[\d,.]*(?![\w-])")  # none in ids, such as 03-01


def gather_notes(cells: Sequence[Cell]) -> list[str]:
    """Return the notes of all cells, each with the cells that have it.

    Notes that differ in figures alone are the same note, which the first such cell stands for.

    Args:
        cells: the finished cells.
    """
    found: dict[str, dict[str, str]] = {}
    for cell in cells:
        for note in cell.results.notes():
            found.setdefault(_FIGURES.sub("0", note), {}).setdefault(str(cell.pairing), note)
    return [_tell(notes, len(cells)) for notes in found.values()]


def _tell(notes: dict[str, str], count: int) -> str:
    """Return a note with the cells that have it, of so many."""
    first, note = next(iter(notes.items()))
    if len(notes) == 1:
        return f"{first}: {note}"
    if len(notes) == count:
        where = "All cells"
    else:
        where = ", ".join(notes) if len(notes) <= _NAMED else f"{len(notes)} of {count} cells"
    if len(set(notes.values())) == 1:
        return f"{where}: {note}"
    return f"{where}, each with figures of its own; {first}: {note}"
