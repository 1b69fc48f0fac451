"""A comparison, and its tables for the terminal, notebooks, Markdown, LaTeX and JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cache import describe_bytes
from featx.comparison.compared import Compared, Pair, median
from featx.runs.cost import describe_parameters, describe_seconds
from featx.runs.files import COST
from featx.scoring.classes.results import NAMES
from featx.scoring.significance import Difference, describe_p
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import (
    TextTable,
    html_notes,
    html_table,
    latex_table,
    markdown_table,
    plain,
    write_forms,
)
from featx.utils.text import signed

_UNKNOWN = "–"


@dataclass(frozen=True)
class Comparison:
    """Two or more systems and every pair of them.

    Attributes:
        utterances: how many were tested.
        systems: the systems, in the order in which they were given.
        pairs: every pair of the systems.
    """

    utterances: int
    systems: Sequence[Compared]
    pairs: Sequence[Pair]

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
            lines = markdown_table(table.header, table.rows, table.columns)
            parts += [f"{plain(table.caption)}:", "", *lines, ""]
        return "\n".join([*parts, *(f"- {plain(note)}" for note in _notes(self))]) + "\n"

    def to_latex(self) -> str:
        """Return the tables in LaTeX, for the package booktabs; the notes as comments."""
        parts = []
        for table in self._tables():
            lines = latex_table(table.header, table.rows, table.columns)
            parts += [f"% {table.caption}", *lines]
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
        return [
            self.score_table(over),
            _cost_table(self.systems),
            self.pair_table(over),
        ]

    def score_table(self, over: str) -> TextTable:
        """Return a row for each system."""
        return TextTable(
            (
                "mean ± std",
                *_with_intervals([f"{name}, %" for name in NAMES.values()], over),
                "seeds",
            ),
            [_score_cells(system) for system in self.systems],
            f"Scores on the same {self.utterances:,} utterances, mean ± std over seeds",
        )

    def pair_table(self, over: str) -> TextTable:
        """Return a row for each pair."""
        return _pair_table(self.pairs, over)

    def reading(self) -> list[str]:
        """Return how to read the tables."""
        return _reading(self)


def _score_cells(system: Compared) -> list[str]:
    scores, uar = system.results.scores, system.results.scores["uar"]
    interval = f"{uar.low:.1f} to {uar.high:.1f}"
    cells = [str(scores[metric]) for metric in NAMES]
    return [system.name, *_with_intervals(cells, interval), str(system.results.seeds)]


def _with_intervals(cells: Sequence[str], interval: str) -> list[str]:
    """Put the interval after the UAR, which it is of and which comes first."""
    return [cells[0], interval, *cells[1:]]


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
        return [system.name, *[_UNKNOWN] * 9]
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


def _pair_table(pairs: Sequence[Pair], over: str) -> TextTable:
    header = ["first − second", "UAR, points", over, "only first", "only second", "McNemar p"]
    rows = [_pair_cells(pair) for pair in pairs]
    if any(len(pair.tests) > 1 for pair in pairs):
        header.append("p over seeds")
        for pair, row in zip(pairs, rows, strict=True):
            low, high = (pick(test.p for test in pair.tests) for pick in (min, max))
            row.append(f"{describe_p(low)} to {describe_p(high)}" if len(pair.tests) > 1 else "")
    if len(pairs) > 1:
        header.append("Holm p")
        for pair, row in zip(pairs, rows, strict=True):
            row.append(describe_p(pair.holm))
    return TextTable(header, rows, "Differences")


def _pair_cells(pair: Pair) -> list[str]:
    return [
        f"{pair.first} − {pair.second}",
        signed(pair.difference.mean),
        interval_of(pair.difference),
        f"{median(test.only_first for test in pair.tests):g}",
        f"{median(test.only_second for test in pair.tests):g}",
        describe_p(pair.p),
    ]


def interval_of(difference: Difference, digits: int = 1) -> str:
    """Return the interval of a difference as tables show it."""
    if difference.low is None or difference.high is None:
        return _UNKNOWN
    return f"{signed(difference.low, digits)} to {signed(difference.high, digits)}"


def _notes(comparison: Comparison) -> list[str]:
    """Return how to read the tables, then what to know of each system, each note once."""
    names: dict[str, list[str]] = {}
    for system in comparison.systems:
        for note in system.notes:
            names.setdefault(note, []).append(system.name)
    notes = comparison.reading()
    for note, of in names.items():
        everyone = len(of) == len(comparison.systems)
        notes.append(f"{'All systems' if everyone else ', '.join(of)}: {note}")
    return notes


def _reading(comparison: Comparison) -> list[str]:
    notes = []
    if without := [system.name for system in comparison.systems if system.cost is None]:
        notes.append(
            f"{', '.join(without)}: cost unknown ({_UNKNOWN}), as there is no {COST} beside "
            "the predictions. Older runs of featx and other tools write none."
        )
    interval = f"the interval draws the same {comparison.resampled} for both"
    if not _has_intervals(comparison):
        group = comparison.resampled.removesuffix("s")
        interval = f"no interval ({_UNKNOWN}), as there is only one {group} to draw"
    notes.append(f"Difference: mean UAR of the first less the second's; {interval}.")
    notes.append(_mcnemar_note(comparison))
    if len(comparison.pairs) > 1:
        notes.append(f"Holm: p adjusted for {len(comparison.pairs)} pairs of systems.")
    return notes


def _mcnemar_note(comparison: Comparison) -> str:
    seeds = contrast = ""
    if any(len(pair.tests) > 1 for pair in comparison.pairs):
        seeds = (
            " With several seeds, every seed of one is tested against every seed of the other: "
            "the counts are medians, p is twice the median p (at most 1), which holds however the "
            "tests depend on each other, and the range is of the single p's."
        )
    if _has_intervals(comparison):
        known = comparison.resampled == "speakers"
        contrast = "; the interval does not" if known else "; so does the interval"
    return (
        f"McNemar: exact, two-sided, on the utterances only one recognised.{seeds} It takes "
        f"utterances as independent, which a speaker's are not{contrast}."
    )


def _has_intervals(comparison: Comparison) -> bool:
    return comparison.pairs[0].difference.low is not None
