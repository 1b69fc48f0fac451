"""Tables as Markdown, LaTeX and HTML, and the files that hold them."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from featx.utils.files import write_text

_LATEX = {
    **{character: f"\\{character}" for character in "%_&#${}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"±": r"$\pm$", "−": "$-$", "–": "--", "<": "$<$", ">": "$>$"},
    "|": "$|$",
}


class TextTable(NamedTuple):
    """A table of text, whose first column holds words and the others figures.

    Attributes:
        header: names of the columns.
        rows: the rows, each with as many cells as the header.
        caption: what it shows, where its header does not say so.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    @property
    def columns(self) -> str:
        """A letter for each column, "l" for words and "r" for figures."""
        return "l" + "r" * (len(self.header) - 1)

    def markdown(self) -> list[str]:
        """Return its lines in Markdown."""
        return markdown_table(self.header, self.rows, self.columns)

    def latex(self) -> list[str]:
        """Return its lines in LaTeX, for the package booktabs."""
        return latex_table(self.header, self.rows, self.columns)


def plain(text: str) -> str:
    """Return text so that Markdown shows just it, in one line."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], columns: str) -> list[str]:
    """Return the lines of a table in Markdown.

    Args:
        header: names of the columns, as they shall be read.
        rows: the rows, each with as many cells as the header.
        columns: a letter each, "l" for text and "r" for figures.
    """
    rule = ["---:" if letter == "r" else "---" for letter in columns]
    cells = ([plain(cell) for cell in row] for row in rows)
    return [f"| {' | '.join(row)} |" for row in (list(map(plain, header)), rule, *cells)]


def latex_table(header: Sequence[str], rows: Iterable[Sequence[str]], columns: str) -> list[str]:
    """Return the lines of a table in LaTeX, for the package booktabs; arguments as above."""
    first, *others = [_latex_row(row) for row in (header, *rows)]
    return [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        first,
        r"\midrule",
        *others,
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]


def _latex_row(cells: Sequence[str]) -> str:
    """Return a row; at its beginning, the line above would take a bracket or star for its own."""
    row = " & ".join(map(_escaped, cells)) + r" \\"
    return re.sub(r"^(\s*)([\[*])", r"\1{\2}", row)


def _escaped(text: str) -> str:
    return re.sub(r".", lambda found: _LATEX.get(found[0], found[0]), text)


def html_table(table: TextTable) -> str:
    """Return a table in HTML, for notebooks."""
    aligned = [f' style="text-align: {_SIDES[letter]}"' for letter in table.columns]
    rows = "".join(_html_row("td", row, aligned) for row in table.rows)
    return f"<table>{_html_row('th', table.header, aligned)}{rows}</table>"


_SIDES = {"l": "left", "r": "right"}


def _html_row(tag: str, cells: Sequence[str], aligned: Sequence[str]) -> str:
    shown = (
        f"<{tag}{style}>{html.escape(cell)}</{tag}>"
        for cell, style in zip(cells, aligned, strict=True)
    )
    return f"<tr>{''.join(shown)}</tr>"


def html_notes(notes: Iterable[str]) -> str:
    """Return notes below a table in HTML, a paragraph each."""
    return "".join(f"<p>{html.escape(note)}</p>" for note in notes)


def write_forms(folder: Path, name: str, forms: Mapping[str, str]) -> list[Path]:
    """Write the same tables in several forms.

    Args:
        folder: where the files go.
        name: the name of the files, without an ending.
        forms: the text of each file by its ending, such as "md".

    Returns:
        The files.
    """
    files = {folder / f"{name}.{ending}": text for ending, text in forms.items()}
    for path, text in files.items():
        write_text(path, text)
    return list(files)
