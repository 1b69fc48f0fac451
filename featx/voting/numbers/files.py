"""The files of a vote of systems that predict numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.runs.files import FIGURES, PREDICTIONS
from featx.scoring.numbers.figures import draw_levels, draw_scatter
from featx.scoring.numbers.predictions import NumberRow, write_number_rows
from featx.scoring.numbers.results import NumberResults
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.text import WIDE, draw_table, render
from featx.utils.tables import TextTable
from featx.voting.choices import Rule
from featx.voting.files import parts_of_seeds, write_card, write_environment, write_report
from featx.voting.numbers.voters import NumberElection
from featx.voting.settings import describe_rule


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
    rule: Rule,
    election: NumberElection,
    averaged: Averaged,
    results: NumberResults,
    inputs: str,
    name: str,
    folder: Path,
) -> None:
    """Write everything that a finished vote leaves but its config, log and scores.

    Args:
        rule: how they are averaged.
        election: the systems.
        averaged: what was found.
        results: its scores.
        inputs: digest of the config and predictions.
        name: what the run is called.
        folder: the run's.
    """
    write_environment(election.protocol, inputs, folder)
    write_number_rows(folder / PREDICTIONS, election.dimensions, _rows(election, averaged))
    members = _members(results)
    write_report(results, render(draw_table(members), width=WIDE), folder)
    speakers = [election.speakers.get(utterance, "") for _, utterance in election.test.keys]
    seeds = [SeedNumbers(election.test.truth, found, speakers) for found in averaged.test]
    draw_scatter(results, seeds, folder / FIGURES / "scatter")
    draw_levels(results, folder / FIGURES / "error_by_level")
    sections = {"Members": members.markdown(), "Scores": _scores(results).markdown()}
    about = describe_rule(rule, "numbers", election.dimensions)
    write_card(name, about, sections, results, folder)


def _rows(election: NumberElection, averaged: Averaged) -> Iterator[NumberRow]:
    found = {"validation": averaged.validation, "test": averaged.test}
    parts = parts_of_seeds(election.seeds, election.validation, election.test)
    for place, seed, split, part in parts:
        own = found[split][place].tolist()
        for (fold, utterance), truth, predicted in zip(
            part.keys, part.truth.tolist(), own, strict=True
        ):
            speaker = election.speakers.get(utterance, "")
            yield NumberRow(utterance, speaker, fold, seed, split, truth, predicted)


def _members(results: NumberResults) -> TextTable:
    """Return a row for each member: its CCC on validation and test data."""
    rows = []
    for member in results.vote["members"]:
        validated = member["validation_ccc"] or {}
        for name, value in member["ccc"].items():
            seen = f"{validated[name]:.3f}" if name in validated else "–"
            rows.append((member["name"], name, seen, f"{value:.3f}"))
    return TextTable(("member", "dimension", "validation CCC", "test CCC"), rows)


def _scores(results: NumberResults) -> TextTable:
    return TextTable(
        ("test", "CCC", f"95 % interval over {results.resampled}"),
        [
            (own, f"{each['ccc']:.3f}", each["ccc"].interval(".3f"))
            for own, each in results.dimensions.items()
        ],
    )
