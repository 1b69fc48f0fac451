"""A reproduction as text, Markdown, LaTeX and JSON."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from featx.experiments.papers.paper import Paper, references_of
from featx.experiments.papers.reproduced import Reproduced, fetch_commands
from featx.experiments.papers.tables import make_tables, percentages
from featx.scoring.classes.results import NAMES
from featx.scoring.text import draw_table, render
from featx.utils.tables import latex_table, markdown_table, plain, write_forms

WIDTH = 200  # characters


def to_text(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables, what they rest on, and how to get what is missing."""
    parts = [paper.title]
    for table in make_tables(paper, results):
        parts += [f"\n{table.caption}", render(draw_table(table), width=WIDTH)]
    return "\n".join([*parts, *_notes(paper, results)])


def to_markdown(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables, what they rest on, and how to get what is missing, in Markdown."""
    parts = [f"# {plain(paper.title)}", ""]
    for table in make_tables(paper, results):
        parts += [f"## {plain(table.caption)}", ""]
        parts += [*markdown_table(table.header, table.rows, table.columns), ""]
    return "\n".join([*parts, *_notes(paper, results)]).rstrip() + "\n"


def to_latex(paper: Paper, results: Sequence[Reproduced]) -> str:
    """Return the tables in LaTeX, for the package booktabs."""
    parts = []
    for table in make_tables(paper, results):
        parts += [f"% {paper.title}, {table.caption}"]
        parts += latex_table(table.header, table.rows, table.columns)
    notes = (*_meaning(paper, results), *_others(paper), *_choices(paper))
    return "\n".join([*parts, *(f"% {line}" for line in notes if line)])


def to_json(paper: Paper, results: Sequence[Reproduced]) -> dict[str, Any]:
    """Return everything as JSON values; what is not known is null."""
    return {
        "paper": paper.title,
        "hardware": paper.hardware,
        "ours": list(paper.ours),
        "rows": [_json_row(result) for result in results],
        "references": [reference.model_dump() for reference in references_of(paper)],
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


def _notes(paper: Paper, results: Sequence[Reproduced]) -> list[str]:
    """Return what the tables rest on, and what is missing, each thing said once."""
    return [
        *_meaning(paper, results),
        *_others(paper),
        *_choices(paper),
        *_missing(paper, results),
    ]


def _meaning(paper: Paper, results: Sequence[Reproduced]) -> list[str]:
    exact = any(result.paper and result.paper.interval for result in results)
    over_seeds = any(result.paper and result.paper.std is not None for result in results)
    lines = [
        f"- Settings `{name}`: {variant.about}"
        for name, variant in paper.variants.items()
        if variant.about and any(result.variant == name for result in results)
    ]
    if exact:
        lines.append(
            "- After an accuracy come its hits and its exact 95 % binomial interval; the paper's "
            "hits are worked out from its recalls. Ours agrees if Fisher's exact test of both "
            "finds no difference (p above 0.05)."
        )
    if any(result.course for result in results):
        lines.append(
            "- Our times are those of the first model; 100 steps are training alone, and sizes are "
            "of weights in float32. Where our default rule, the highest UAR, would have chosen "
            "another step, that stands beside it."
        )
    if over_seeds:
        lines.append(
            "- A mean over seeds agrees if it differs by no more than both deviations together."
        )
    return [*lines, ""] if lines else []


def _others(paper: Paper) -> list[str]:
    """Return the figures of others, a line each, with how each was measured."""
    lines = [
        f"- {ref.figure:g} % {NAMES[ref.metric]}, {ref.corpus.upper()}: {ref.system}; "
        f"{ref.protocol} ({ref.source})"
        for ref in references_of(paper)
    ]
    return ["For reference, figures of others, each measured in its own way:", *lines, ""]


def _choices(paper: Paper) -> list[str]:
    lines = [f"- {sentence}" for sentence in paper.ours]
    heading = "What the paper leaves open and we chose, and what we do otherwise:"
    return [heading, *lines, ""] if lines else []


def _missing(paper: Paper, results: Sequence[Reproduced]) -> list[str]:
    lines = []
    commands = fetch_commands(results)
    if commands:
        lines += ["Weights that are not here; where there is a network, these fetch them:", ""]
        lines += [f"    {command}" for command in commands]
    lines += [
        f"Failed: {result.row.system} ({result.variant}): {result.failure}"
        for result in results
        if result.failure
    ]
    absent = {paper.source_of(r.corpus).upper() for r in results if "corpus" in r.missing}
    if absent:
        lines.append(f"Not found in the given folders: {', '.join(sorted(absent))}.")
    return lines


def _json_row(result: Reproduced) -> dict[str, Any]:
    ours = result.ours
    return {
        "tables": list(result.row.tables),
        "system": result.row.system,
        "corpus": result.corpus,
        "settings": result.variant,
        "metric": result.metric,
        "paper": result.paper.model_dump(exclude_none=True) if result.paper else None,
        "paper_interval": result.paper.interval if result.paper else None,
        "ours": {"mean": ours.mean, "std": None if math.isnan(ours.std) else ours.std}
        if ours
        else None,
        "hits": result.hits,
        "interval": result.interval,
        "report": percentages(result.results) if result.results else None,
        "course": asdict(result.course) if result.course else None,
        "agrees": result.agrees,
        "missing": list(result.missing),
        "failure": result.failure or None,
    }
