"""The tables of a reproduction: for the terminal, in Markdown, LaTeX and JSON."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from featx.experiments.papers import Paper
from featx.experiments.reproduced import Reproduced, fetch_commands
from featx.scoring.results import NAMES, plain_table, render
from featx.utils.tables import latex_table, markdown_table, plain, write_forms
from featx.utils.text import counted

WIDTH = 160  # characters
HEADER = ("system", "corpus", "settings", "paper", "ours", "difference", "within deviations")


def to_text(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables, and how to get what is missing.

    Our figure is within deviations if the two means are no further apart than both deviations
    together.
    """
    parts = [paper.title]
    for title, rows in _tables(paper, results).items():
        table = plain_table(f"{title}, %", *HEADER[1:])
        for row in rows:
            table.add_row(*row)
        parts.append(render(table, width=WIDTH))
    return "\n".join([*parts, *_missing(paper, results)])


def to_markdown(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables, and how to get what is missing, in Markdown."""
    parts = [f"# {plain(paper.title)}", ""]
    for title, rows in _tables(paper, results).items():
        parts += [f"{plain(title)} in percent, {counted(paper.seeds, 'seed')}:", ""]
        parts += [*markdown_table(HEADER, rows, "l" * len(HEADER)), ""]
    return "\n".join([*parts, *_missing(paper, results)]).rstrip() + "\n"


def to_latex(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables in LaTeX, for the package booktabs."""
    parts = []
    for title, rows in _tables(paper, results).items():
        parts += [
            f"% {paper.title}, {title} in percent",
            *latex_table(HEADER, rows, "lllrrrl"),
        ]
    return "\n".join(parts)


def to_json(paper: Paper, results: Sequence[Reproduced]) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
        "paper": paper.title,
        "rows": [
            {
                "tables": list(result.row.tables),
                "system": result.row.system,
                "corpus": result.corpus,
                "settings": result.variant,
                "metric": paper.metric,
                "paper": dict(zip(("mean", "std"), result.paper or (), strict=False)),
                "ours": {"mean": result.ours.mean, "std": _number(result.ours.std)}
                if result.ours
                else None,
                "within": result.within,
                "missing": list(result.missing),
                "failure": result.failure or None,
            }
            for result in results
        ],
    }


def write_tables(
    folder: Path, name: str, paper: Paper, results: Sequence[Reproduced]
) -> list[Path]:
    """Write Markdown, LaTeX and JSON to a folder; return the files."""
    forms = {
        "md": to_markdown(paper, results),
        "tex": to_latex(paper, results),
        "json": json.dumps(to_json(paper, results), indent=2, allow_nan=False) + "\n",
    }
    return write_forms(folder, name, forms)


def _tables(paper: Paper, results: Sequence[Reproduced]) -> dict[str, list[list[str]]]:
    """Return the rows of each of the paper's tables by its title, and then those in no table."""
    metric = NAMES[paper.metric]
    numbers = sorted({number for row in paper.rows for number in row.tables})
    tables = {
        f"Table {n}: {metric}": [_cells(paper, r) for r in results if n in r.row.tables]
        for n in numbers
    }
    others = [_cells(paper, r) for r in results if not r.row.tables]
    return {**tables, metric: others} if others else tables


def _cells(paper: Paper, result: Reproduced) -> list[str]:
    title = paper.corpora[result.corpus].title
    figures = [f"{figure:.1f}" for figure in result.paper or ()]
    cells = [result.row.system, title, result.variant, " ± ".join(figures) or "not known"]
    if result.ours is None:
        lacks = "no corpus" if "corpus" in result.missing else "no weights"
        return [*cells, "failed" if result.failure else lacks, "", ""]
    difference = "" if math.isnan(result.difference) else f"{result.difference:+.1f}"
    within = {True: "yes", False: "no", None: ""}[result.within]
    return [*cells, str(result.ours), difference, within]


def _missing(paper: Paper, results: Sequence[Reproduced]) -> list[str]:
    lines = []
    commands = fetch_commands(results)
    if commands:
        lines += ["Weights that are not here; where there is a network, these fetch them:"]
        lines += [f"    {command}" for command in commands]
    failures = dict.fromkeys(result.failure for result in results if result.failure)
    lines += [f"Failed: {failure}" for failure in failures]
    absent = {paper.corpora[r.corpus].title for r in results if "corpus" in r.missing}
    if absent:
        lines.append(f"Not found in the given folders: {', '.join(sorted(absent))}.")
    return lines


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
