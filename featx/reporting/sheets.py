"""The tables of a report, in a form that each of HTML, Markdown and LaTeX is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from featx.utils.tables import latex_table, markdown_table, plain


class Audio(NamedTuple):
    """A link to a sound file.

    Attributes:
        url: relative to the page.
        name: what is heard.
    """

    url: str
    name: str


class Cell(NamedTuple):
    """An entry of a table.

    Attributes:
        text: what it shows.
        key: the number that it is sorted by; None to sort it by its text.
        other: what it shows instead where the reader asks for it.
        share: how far it is filled, from 0 to 1; None to leave it unfilled.
        span: the low end, middle and high end of an interval to draw, from 0 to 1.
        lines: the paragraphs below the text.
        audio: the sound that it plays.
        link: where the name of a row leads.
    """

    text: str
    key: float | None = None
    other: str = ""
    share: float | None = None
    span: tuple[float, float, float] | None = None
    lines: Sequence[str] = ()
    audio: Audio | None = None
    link: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes:
        caption: what it shows.
        header: names of its columns.
        rows: the cells of each row, of which the first names the row.
        notes: how to read it.
        kind: "plain"; "bars", whose shares are lengths; or "heat", whose shares are tints.
        sortable: whether its readers can sort it.
        words: how many of its first columns hold words; the others hold figures.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    kind: str = "plain"
    sortable: bool = False
    words: int = 1


class Section(NamedTuple):
    """A heading with tables below it: on the page, in Markdown and in LaTeX.

    Attributes:
        heading: a word or two.
        sheets: the tables.
        notes: what to say of all of them.
        title: the heading on the page, where there is room for more than a word.
        arrangement: how the page arranges the tables: "stack" for one below the other, "grid",
            "grid small" and "grid wide" for several side by side.
    """

    heading: str
    sheets: Sequence[Sheet]
    notes: Sequence[str] = ()
    title: str = ""
    arrangement: str = "stack"

    @property
    def anchor(self) -> str:
        """What links on the page lead to."""
        return self.heading.lower().replace(" ", "-")


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return a document with all tables."""
    lines = [f"# {plain(title)}"]
    for section in sections:
        lines += ["", f"## {plain(section.heading)}"]
        for sheet in section.sheets:
            lines += ["", f"{plain(sheet.caption)}:", "", *_markdown(sheet)]
            lines += ["", *_bullets(sheet)] if _remarks(sheet) else []
        lines += ["", *(f"- {plain(note)}" for note in section.notes)] if section.notes else []
    return "\n".join(lines) + "\n"


def to_latex(sections: Sequence[Section]) -> str:
    """Return the tables for the package booktabs; headings, captions and notes as comments."""
    lines = []
    for section in sections:
        lines += [f"% {'=' * 8} {_line(section.heading)}", ""]
        for sheet in section.sheets:
            lines += [f"% {_line(text)}" for text in (sheet.caption, *_remarks(sheet))]
            shown = _shown(sheet)
            lines += latex_table(shown.header, shown.rows, shown.columns)
        lines += [*(f"% {_line(note)}" for note in section.notes), ""] if section.notes else []
    return "\n".join(lines)


def _bullets(sheet: Sheet) -> list[str]:
    return [f"- {plain(note)}" for note in _remarks(sheet)]


class _Shown(NamedTuple):
    """A table of text: a sheet without what only a page can show."""

    header: list[str]
    rows: list[list[str]]
    columns: str


def _markdown(sheet: Sheet) -> list[str]:
    shown = _shown(sheet)
    return markdown_table(shown.header, shown.rows, shown.columns)


def _shown(sheet: Sheet) -> _Shown:
    """Return the header, rows and columns of a sheet without those that play sounds."""
    heard = {place for row in sheet.rows for place, cell in enumerate(row) if cell.audio}
    shown = [place for place in range(len(sheet.header)) if place not in heard]
    columns = "".join("l" if place < sheet.words else "r" for place in shown)
    rows = [[_text(row[place]) for place in shown] for row in sheet.rows]
    return _Shown([_line(sheet.header[place]) for place in shown], rows, columns)


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
