"""The tables of a report in Markdown and LaTeX."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from featx.reporting.sheets import Cell, Sheet
from featx.table_text import latex_table, plain


class Section(NamedTuple):
    """A heading with the tables below it, and what to say of all of them."""

    heading: str
    sheets: Sequence[Sheet]
    notes: Sequence[str] = ()


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return a document with all tables."""
    lines = [f"# {plain(title)}"]
    for heading, sheets, notes in sections:
        lines += ["", f"## {plain(heading)}"]
        for sheet in sheets:
            lines += ["", f"{plain(sheet.caption)}:", "", *_markdown_rows(sheet)]
            lines += ["", *_bullets(sheet)] if _remarks(sheet) else []
        lines += ["", *(f"- {plain(note)}" for note in notes)] if notes else []
    return "\n".join(lines) + "\n"


def to_latex(sections: Sequence[Section]) -> str:
    """Return the tables for the package booktabs; headings, captions and notes as comments."""
    lines = []
    for heading, sheets, notes in sections:
        lines += [f"% {'=' * 8} {_line(heading)}", ""]
        for sheet in sheets:
            lines += [f"% {_line(text)}" for text in (sheet.caption, *_remarks(sheet))]
            lines += _latex_rows(sheet)
        lines += [*(f"% {_line(note)}" for note in notes), ""] if notes else []
    return "\n".join(lines)


def _markdown_rows(sheet: Sheet) -> list[str]:
    words = sheet.words
    rule = [":--"] * words + ["--:"] * (len(sheet.header) - words)
    body = [list(map(plain, sheet.header)), rule, *(_texts(row, plain) for row in sheet.rows)]
    return [f"| {' | '.join(_silent(row, sheet))} |" for row in body]


def _bullets(sheet: Sheet) -> list[str]:
    return [f"- {plain(note)}" for note in _remarks(sheet)]


def _latex_rows(sheet: Sheet) -> list[str]:
    columns = "".join(_silent("l" * sheet.words + "r" * (len(sheet.header) - sheet.words), sheet))
    header = _silent(list(map(_line, sheet.header)), sheet)
    rows = [_silent(_texts(row, _line), sheet) for row in sheet.rows]
    return latex_table(header, rows, columns)


def _silent(row: Sequence[str], sheet: Sheet) -> list[str]:
    """Leave out the columns that are only to be heard."""
    heard = {place for cells in sheet.rows for place, cell in enumerate(cells) if cell.audio}
    return [text for place, text in enumerate(row) if place not in heard]


def _texts(row: Sequence[Cell], escape: Callable[[str], str]) -> list[str]:
    other = (f" ({cell.other})" if cell.other else "" for cell in row)
    return [escape(cell.text + more) for cell, more in zip(row, other, strict=True)]


def _remarks(sheet: Sheet) -> list[str]:
    """Return the notes of a table, and what stands below the names of its rows."""
    of_rows: Iterable[str] = (
        f"{row[0].text}: {line}" for row in sheet.rows for line in row[0].lines
    )
    return [*sheet.notes, *of_rows]


def _line(text: str) -> str:
    return " ".join(text.split())
