"""The files of a vote of systems that predict numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from featx.protocols.numbers import TAKEN
from featx.runs.files import CARD, ENVIRONMENT, FIGURES, PREDICTIONS, REPORT
from featx.scoring.numbers.figures import draw_levels, draw_scatter
from featx.scoring.numbers.results import NumberResults
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.predictions import PREDICTED, rounded
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.files import write_csv, write_json, write_text
from featx.utils.machine import describe_environment
from featx.utils.tables import TextTable, markdown_table, plain
from featx.voting.numbers.voters import NumberElection, NumberPart

RULES = {
    "mean": "the mean of what its members predict",
    "weighted": "the mean of what its members predict, each weighing its CCC on validation data",
}


@dataclass(frozen=True)
class NumberVoteResults(NumberResults):
    """Results with what only votes have.

    Attributes:
        vote: rule and members, as JSON values.
    """

    vote: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**super().to_json(), "vote": self.vote}


@dataclass(frozen=True)
class Averaged:
    """What a vote found.

    Attributes:
        test: the mean of each seed, (utterances, dimensions).
        validation: the same of the validation part; none without one.
    """

    test: Sequence[np.ndarray]
    validation: Sequence[np.ndarray]


def write_files(
    election: NumberElection,
    averaged: Averaged,
    results: NumberVoteResults,
    inputs: str,
    name: str,
    folder: Path,
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        election: the systems.
        averaged: what was found.
        results: its scores.
        inputs: digest of the config and predictions.
        name: what the run is called.
        folder: the run's.
    """
    made = {"inputs_sha256": inputs, "protocol": dict(election.protocol)}
    write_json(folder / ENVIRONMENT, {**describe_environment(), **made})
    named = [column for name in election.dimensions for column in (name, PREDICTED + name)]
    write_csv(folder / PREDICTIONS, [*TAKEN, *named], _rows(election, averaged))
    members = render(draw_table(_members(results)), width=WIDE)
    write_text(folder / REPORT, f"{results.to_text()}\n\n{members}\n")
    speakers = [election.speakers.get(utterance, "") for _, utterance in election.test.keys]
    seeds = [SeedNumbers(election.test.truth, found, speakers) for found in averaged.test]
    draw_scatter(results, seeds, folder / FIGURES / "scatter")
    draw_levels(results, folder / FIGURES / "error_by_level")
    write_text(folder / CARD, _card(election, results, name))


def _rows(election: NumberElection, averaged: Averaged) -> Iterator[list[object]]:
    """Yield the rows of predictions, seed by seed, validation before test."""
    for number, seed in enumerate(election.seeds):
        if election.validation is not None:
            own = averaged.validation[number]
            yield from _part_rows(election, seed, "validation", election.validation, own)
        yield from _part_rows(election, seed, "test", election.test, averaged.test[number])


def _part_rows(
    election: NumberElection, seed: str, split: str, part: NumberPart, found: np.ndarray
) -> Iterator[list[object]]:
    for (fold, name), true, predicted in zip(part.keys, part.truth, found, strict=True):
        pairs = zip(true.tolist(), rounded(predicted.tolist()), strict=True)
        values = [value for pair in pairs for value in pair]
        yield [name, election.speakers.get(name, ""), fold, seed, split, *values]


def _members(results: NumberVoteResults) -> TextTable:
    """Return a row for each member: its CCC on validation and test data."""
    rows = []
    for member in results.vote["members"]:
        validated = member["validation_ccc"] or {}
        for name, value in member["ccc"].items():
            seen = f"{validated[name]:.3f}" if name in validated else "–"
            rows.append((member["name"], name, seen, f"{value:.3f}"))
    return TextTable(("member", "dimension", "validation CCC", "test CCC"), rows)


def _card(election: NumberElection, results: NumberVoteResults, name: str) -> str:
    """Return the card of a vote, as Markdown: who votes, how, and how it scores."""
    scores = TextTable(
        ("test", "CCC", f"95 % interval over {results.resampled}"),
        [
            (own, f"{each['ccc']:.3f}", each["ccc"].interval(".3f"))
            for own, each in results.dimensions.items()
        ],
    )
    parts = [
        f"# {plain(name)}",
        f"A vote on {' and '.join(map(plain, election.dimensions))}: "
        f"{RULES[results.vote['rule']]}.",
        "## Members",
        _markdown(_members(results)),
        "## Scores",
        _markdown(scores),
        "\n".join(f"- {plain(note)}" for note in results.notes()),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _markdown(table: TextTable) -> str:
    return "\n".join(markdown_table(table.header, table.rows, table.columns))
