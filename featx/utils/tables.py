"""Tables as Markdown and LaTeX."""

import re
from collections.abc import Iterable, Sequence

_LATEX = {
    **{character: f"\\{character}" for character in "%_&#${}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"±": r"$\pm$", "−": "$-$", "–": "--", "<": "$<$", ">": "$>$"},
    "|": "$|$",
}


def plain(text: str) -> str:
    """Return text so that Markdown shows just it, in one line."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], columns: str) -> list[str]:
    """Return the lines of a table in Markdown.

    Args:
        header: names of the columns, as they shall be read.
        rows: as many cells each, likewise.
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
