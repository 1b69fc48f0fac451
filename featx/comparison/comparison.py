"""A comparison, and its tables for the terminal, notebooks, Markdown, LaTeX and JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from cache import describe_bytes
from featx.comparison.systems.scored import AnySystem
from featx.runs.cost import Cost, describe_parameters, describe_seconds, folder_bytes, read_cost
from featx.runs.files import COST
from featx.scoring.results_file import RunResults
from featx.scoring.significance import Difference
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable, html_notes, html_table, plain, write_forms
from featx.utils.text import signed

UNKNOWN = "–"


@dataclass(frozen=True)
class Compared:
    """One of the systems.

    Attributes:
        name: the name of its folder.
        results: its scores.
        cost: what its training cost; None if unknown.
        disk: bytes in its folder; None if the cost is unknown.
        notes: what a reader of the scores must know.
    """

    name: str
    results: RunResults
    cost: Cost | None
    disk: int | None
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        cost = None if self.cost is None else {**self.cost.model_dump(), "run_folder": self.disk}
        return {**self.results.to_json(), "cost": cost, "notes": list(self.notes)}


@dataclass(frozen=True)
class Pair:
    """Two of the systems.

    Attributes:
        first: name of one.
        second: name of the other.
        difference: the first system's foremost score less the second's.
        p: how likely a difference at least so large is if there is none; two-sided.
        holm: the same, adjusted for the number of pairs of systems.
    """

    first: str
    second: str
    difference: Difference
    p: float
    holm: float

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        raise NotImplementedError


P = TypeVar("P", bound=Pair)


@dataclass(frozen=True)
class Comparison(Generic[P]):
    """Two or more systems and every pair of them.

    Attributes:
        utterances: how many were tested.
        systems: the systems, in the order in which they were given.
        pairs: every pair of the systems.
    """

    utterances: int
    systems: Sequence[Compared]
    pairs: Sequence[P]

    @property
    def resampled(self) -> str:
        """What the intervals resample: "speakers", or "utterances" if no speaker is known."""
        return self.systems[0].results.resampled

    def to_text(self) -> str:
        """Return the tables and notes for the terminal."""
        tables = (render(draw_table(table), width=WIDE) for table in self._tables())
        parts = [table.strip("\n") + "\n" for table in tables]
        return "\n".join([*parts, *_notes(self)])

    def to_markdown(self) -> str:
        """Return the same in Markdown."""
        parts = []
        for table in self._tables():
            parts += [f"{plain(table.caption)}:", "", *table.markdown(), ""]
        return "\n".join([*parts, *(f"- {plain(note)}" for note in _notes(self))]) + "\n"

    def to_latex(self) -> str:
        """Return the tables in LaTeX, for the package booktabs; the notes as comments."""
        parts = []
        for table in self._tables():
            parts += [f"% {table.caption}", *table.latex()]
        return "\n".join([*parts, *(f"% {note}" for note in _notes(self))]) + "\n"

    def to_json(self) -> str:
        """Return everything as a JSON object."""
        value = {
            "utterances": self.utterances,
            "speakers": self.systems[0].results.speakers,
            "resampled": self.resampled,
            "systems": {system.name: system.to_json() for system in self.systems},
            "pairs": [pair.to_json() for pair in self.pairs],
            "notes": _notes(self),
        }
        return json.dumps(value, indent=2, allow_nan=False)

    def write(self, folder: str | Path) -> list[Path]:
        """Write `compare.md`, `compare.tex` and `compare.json` to a folder; return the files."""
        forms = {
            "md": self.to_markdown(),
            "tex": self.to_latex(),
            "json": self.to_json() + "\n",
        }
        return write_forms(Path(folder), "compare", forms)

    def _repr_html_(self) -> str:
        """Return the tables and notes for a notebook."""
        return "".join([*map(html_table, self._tables()), html_notes(_notes(self))])

    def _tables(self) -> list[TextTable]:
        over = f"95 % over {self.resampled}"
        return [self.score_table(over), _cost_table(self.systems), self.pair_table(over)]

    @property
    def scored(self) -> str:
        """What the table of scores shows."""
        return f"Scores on the same {self.utterances:,} utterances, mean ± std over seeds"

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        raise NotImplementedError

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair, or for each part of it."""
        raise NotImplementedError

    def reading(self) -> list[str]:
        """Return how to read the differences."""
        raise NotImplementedError


def _cost_table(systems: Sequence[Compared]) -> TextTable:
    header = ["cost", "training", "models", "one model", "peak memory", "peak GPU memory"]
    header += ["trained", "run folder", "features", "device"]
    rows = [_cost_cells(system) for system in systems]
    if not any(system.cost and system.cost.peak_gpu_memory is not None for system in systems):
        for row in (header, *rows):
            del row[5]
    caption = "Cost of training; peak memory of the process, parameters trained of one model"
    return TextTable(header, rows, caption)


def _cost_cells(system: Compared) -> list[str]:
    cost = system.cost
    if cost is None or system.disk is None:
        return [system.name, *[UNKNOWN] * 9]
    gpu = cost.peak_gpu_memory
    return [
        system.name,
        describe_seconds(cost.seconds),
        f"{cost.models:,}",
        describe_seconds(cost.seconds / cost.models),
        describe_bytes(cost.peak_memory),
        "none" if gpu is None else describe_bytes(gpu),
        describe_parameters(cost.parameters_trained),
        describe_bytes(system.disk),
        describe_bytes(cost.features) if cost.features else "none",
        cost.device,
    ]


def interval_of(difference: Difference, digits: int = 1) -> str:
    """Return the interval of a difference as tables show it."""
    if difference.low is None or difference.high is None:
        return UNKNOWN
    return f"{signed(difference.low, digits)} to {signed(difference.high, digits)}"


def _notes(comparison: Comparison[Any]) -> list[str]:
    """Return how to read the tables, then what to know of each system, each note once."""
    names: dict[str, list[str]] = {}
    for system in comparison.systems:
        for note in system.notes:
            names.setdefault(note, []).append(system.name)
    notes = []
    if without := [system.name for system in comparison.systems if system.cost is None]:
        notes.append(
            f"{', '.join(without)}: cost unknown ({UNKNOWN}), as there is no {COST} beside "
            "the predictions. Older runs of featx and other tools write none."
        )
    notes += comparison.reading()
    for note, of in names.items():
        everyone = len(of) == len(comparison.systems)
        notes.append(f"{'All systems' if everyone else ', '.join(of)}: {note}")
    return notes


def describe_system(system: AnySystem) -> Compared:
    """Return what is known of a system, as it was scored."""
    cost = read_cost(system.folder)
    disk = None if cost is None else folder_bytes(system.folder)
    notes = [*system.results.notes(), *system.notes]
    return Compared(system.name, system.results, cost, disk, notes)
