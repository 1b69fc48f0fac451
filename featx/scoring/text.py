"""Scores in words: tables as plain text, counts, JSON values."""

from dataclasses import asdict
from io import StringIO

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from featx.scoring.metrics import Score
from featx.utils.tables import TextTable

WIDE = 10_000  # characters allowed; a table takes what it needs


def score_as_json(score: Score) -> dict[str, float | None]:
    """Return a score as JSON values; an undefined deviation is null."""
    return {**asdict(score), "std": None if np.isnan(score.std) else score.std}


def describe_count(count: float) -> str:
    """Return "2,850", "12.5": a count, which may be a mean over seeds."""
    if count >= 100 or count == round(count):
        return f"{count:,.0f}"
    return f"{count:.1f}".removesuffix(".0")


def render(*parts: Table | str, width: int = 100) -> str:
    """Return tables and lines as plain text, without trailing spaces."""
    text = StringIO()
    console = Console(file=text, width=width, markup=False, emoji=False)
    for part in parts:
        console.print(part, highlight=False)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def plain_table(first: str, *others: str) -> Table:
    """Return a table without rows: a column of text and others of figures."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def draw_table(table: TextTable) -> Table:
    """Return a table as `render` takes it."""
    drawn = plain_table(*table.header)
    for row in table.rows:
        drawn.add_row(*row)
    return drawn
