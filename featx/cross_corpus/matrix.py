"""The scores of every corpus that is learned from on every corpus that is tested."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from featx.cross_corpus.cell_notes import gather_notes
from featx.cross_corpus.cells import OTHERS, Cell
from featx.cross_corpus.heat_map import Picture, draw_matrix
from featx.layer_analysis.headline import axis_of, chance, form_of, headline, unit_of
from featx.scoring.metrics import Score
from featx.scoring.text import draw_table, render
from featx.utils.tables import (
    TextTable,
    html_notes,
    html_table,
    plain,
    write_forms,
)

UNKNOWN = "–"


@dataclass(frozen=True)
class CrossMatrix:
    """A matrix of corpora: those learned from in rows, those tested in columns.

    Attributes:
        title: which heads on which features.
        corpora: the names of the corpora.
        cells: the finished cells.
    """

    title: str
    corpora: Sequence[str]
    cells: Sequence[Cell]

    @property
    def rows(self) -> list[str]:
        """What is learned from in each row: a corpus, or all that are not tested."""
        return [*self.corpora, *([OTHERS] if len(self.corpora) > 2 else [])]

    def cell(self, row: str, test: str) -> Cell | None:
        """Return a cell, None if it is not known.

        Args:
            row: one of `rows`.
            test: one of the corpora.
        """
        others = {name for name in self.corpora if name != test}
        wanted = others if row == OTHERS else {row}
        found = (c for c in self.cells if c.pairing.test == test)
        return next((c for c in found if set(c.pairing.train) == wanted), None)

    def score(self, row: str, test: str) -> Score | None:
        """Return the score of a cell, None if it is not known."""
        cell = self.cell(row, test)
        return None if cell is None else headline(cell.results)

    @property
    def chance(self) -> float:
        """The score of guessing; the lowest, where a corpus lacks classes."""
        return min(chance(cell.results) or 0.0 for cell in self.cells)

    @property
    def best(self) -> float:
        """The highest score that there can be: 100 % UAR, or a CCC of 1."""
        return 100.0 if unit_of(self.cells[0].results) else 1.0

    @property
    def scored(self) -> str:
        """What the scores are, with their unit: "UAR, %" or "CCC"."""
        return axis_of(self.cells[0].results)

    def describe(self, score: Score) -> str:
        """Return a score as text, without its interval."""
        deviation = "" if np.isnan(score.std) else f" ± {score.std:{self._form}}"
        return f"{score.mean:{self._form}}{deviation}"

    def interval(self, score: Score) -> str:
        """Return the interval of a score as text."""
        return f"{score.low:{self._form}} to {score.high:{self._form}}"

    @property
    def _form(self) -> str:
        return form_of(self.cells[0].results)

    def to_text(self) -> str:
        """Return the matrix and notes for the terminal."""
        return render(self.title, draw_table(self._table()), *self.notes(), width=140)

    def to_markdown(self) -> str:
        """Return the same in Markdown."""
        table = self._table()
        notes = (f"- {plain(note)}" for note in self.notes())
        return "\n".join([f"{plain(self.title)}:", "", *table.markdown(), "", *notes]) + "\n"

    def to_latex(self) -> str:
        """Return the same in LaTeX, for the package booktabs; the notes as comments."""
        table = self._table()
        notes = (f"% {note}" for note in self.notes())
        return "\n".join([f"% {self.title}", *table.latex(), *notes]) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values, scores in percent."""
        return {
            "title": self.title,
            "corpora": list(self.corpora),
            "scored": self.scored,
            "chance": self.chance,
            "cells": [self._cell_values(cell) for cell in self.cells],
            "notes": self.notes(),
        }

    def write(self, folder: str | Path) -> list[Path]:
        """Write `cross.md`, `cross.tex`, `cross.json`, and the heat map as PNG, PDF and SVG.

        Args:
            folder: where to; made if it is not there.

        Returns:
            The files.
        """
        text = json.dumps(self.to_json(), indent=2, allow_nan=False, ensure_ascii=False)
        forms = {"md": self.to_markdown(), "tex": self.to_latex(), "json": text + "\n"}
        files = write_forms(Path(folder), "cross", forms)
        drawn = draw_matrix(self._picture(), Path(folder) / "cross")
        return [*files, *drawn]

    def _picture(self) -> Picture:
        places = [[self.score(row, test) for test in self.corpora] for row in self.rows]
        texts = [
            ["" if s is None else f"{self.describe(s)}\n({self.interval(s)})" for s in row]
            for row in places
        ]
        means = [[np.nan if s is None else s.mean for s in row] for row in places]
        ends = self.chance, self.best
        return Picture(self.rows, self.corpora, means, texts, self.scored, ends)

    def notes(self) -> list[str]:
        """Return how to read the matrix, and what to know of its cells, each note once."""
        resampled = " or ".join(sorted({cell.results.resampled for cell in self.cells}))
        notes = [
            f"Rows: learned from; columns: tested. {self.scored}, with the 95 % interval over "
            f"{resampled}; chance is {self.chance:.1f}.",
            "A corpus tested on itself is divided as its own protocol says, speakers apart.",
        ]
        return [*notes, *gather_notes(self.cells)]

    def _table(self) -> TextTable:
        rows = [[row, *(self._text(row, test) for test in self.corpora)] for row in self.rows]
        return TextTable(("learned \\ tested", *self.corpora), rows)

    def _text(self, row: str, test: str) -> str:
        score = self.score(row, test)
        return UNKNOWN if score is None else f"{self.describe(score)} ({self.interval(score)})"

    def _cell_values(self, cell: Cell) -> dict[str, Any]:
        score = asdict(headline(cell.results))
        return {
            "train": list(cell.pairing.train),
            "test": cell.pairing.test,
            "run": str(cell.folder),
            "score": {**score, "std": None if np.isnan(score["std"]) else score["std"]},
            "speakers": cell.results.speakers,
            "notes": list(cell.results.notes()),
        }

    def _repr_html_(self) -> str:
        """Return the matrix and notes for a notebook."""
        notes = html_notes([self.title, *self.notes()])
        return html_table(self._table()) + notes
