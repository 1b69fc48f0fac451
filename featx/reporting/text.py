"""The tables of a report in Markdown and LaTeX."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from featx.reporting.sheets import Cell, Sheet
from featx.table_text import latex_table, markdown_table, plain


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
            lines += ["", f"{plain(sheet.caption)}:", "", *markdown_table(*_parts(sheet))]
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
            lines += latex_table(*_parts(sheet))
        lines += [*(f"% {_line(note)}" for note in notes), ""] if notes else []
    return "\n".join(lines)


def _bullets(sheet: Sheet) -> list[str]:
    return [f"- {plain(note)}" for note in _remarks(sheet)]


def _parts(sheet: Sheet) -> tuple[list[str], list[list[str]], str]:
    """Return header, rows and columns, as the writers of tables take them."""
    heard = {place for row in sheet.rows for place, cell in enumerate(row) if cell.audio}
    shown = [place for place in range(len(sheet.header)) if place not in heard]
    columns = "".join("l" if place < sheet.words else "r" for place in shown)
    rows = [[_text(row[place]) for place in shown] for row in sheet.rows]
    return [_line(sheet.header[place]) for place in shown], rows, columns


def _text(cell: Cell) -> str:
    return _line(f"{cell.text} ({cell.other})" if cell.other else cell.text)


def _remarks(sheet: Sheet) -> list[str]:
    """Return the notes of a table, and what stands below the names of its rows."""
    of_rows: Iterable[str] = (
        f"{row[0].text}: {line}" for row in sheet.rows for line in row[0].lines
    )
    return [*sheet.notes, *of_rows]


def _line(text: str) -> str:
    return " ".join(text.split())
