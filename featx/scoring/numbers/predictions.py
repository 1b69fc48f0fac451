"""Prediction files of numbers: a CSV with one row an utterance and seed, whoever made it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featx.protocols.numbers import TAKEN, read_number
from featx.protocols.task import Task
from featx.scoring.numbers.results import NumberResults, score_dimensions
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.predictions import (
    PREDICTED,
    Outcome,
    Prediction,
    PredictionFile,
    check_tested,
    predicted_dimensions,
    rounded,
)
from featx.utils.csv_files import Table, read_table
from featx.utils.files import write_csv
from featx.utils.progress import passing


def score_number_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> NumberResults:
    """Score the test predictions of a regression, the folds of a seed together.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: what was predicted for each seed and fold, as their `probabilities`.
        remarks: what a reader of the scores must know, in sentences.
    """
    seeds = seed_numbers(task, outcomes)
    return score_dimensions(title, task.dimensions, seeds, task.speakers_shared, remarks)


def seed_numbers(task: Task, outcomes: Sequence[Outcome]) -> list[SeedNumbers]:
    """Return what each seed predicted of test utterances, its folds together."""
    seeds = []
    for seed in sorted({outcome.seed for outcome in outcomes}):
        own = [outcome for outcome in outcomes if outcome.seed == seed]
        tested = [u for outcome in own for u in task.folds[outcome.fold].test]
        found = np.concatenate([outcome.probabilities["test"].numpy() for outcome in own])
        seeds.append(SeedNumbers(task.measured(tested), found, [u.speaker for u in tested]))
    return seeds


def write_number_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    parts = [
        (outcome, split)
        for outcome in outcomes
        for split in ("validation", "test")
        if split in outcome.probabilities
    ]
    named = [column for name in task.dimensions for column in (name, PREDICTED + name)]
    rows = (row for outcome, split in parts for row in _rows(task, outcome, split))
    count = sum(len(outcome.probabilities[split]) for outcome, split in parts)
    write_csv(path, [*TAKEN, *named], passing(rows, count, f"Writing {path.name}", "rows"))


def _rows(task: Task, outcome: Outcome, split: str) -> Iterator[list[object]]:
    utterances = task.folds[outcome.fold].parts[split]
    found = outcome.probabilities[split].tolist()
    for utterance, predicted in zip(utterances, found, strict=True):
        true = task.numbers[utterance.utterance]
        values = [value for pair in zip(true, rounded(predicted), strict=True) for value in pair]
        yield [utterance.utterance, utterance.speaker, outcome.fold, outcome.seed, split, *values]


@dataclass(frozen=True)
class NumberPrediction(Prediction):
    """A scored row, whose label and prediction are its numbers as text.

    Attributes:
        truth: the true number of each dimension.
        predicted: the predicted ones.
        fold: the fold, empty if unknown.
        file: the file that holds it.
    """

    truth: tuple[float, ...]
    predicted: tuple[float, ...]
    fold: str
    file: Path


def read_number_predictions(path: Path) -> PredictionFile:
    """Read a file of predicted numbers and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance and, for each dimension, NAME and
            predicted_NAME, and optionally speaker, fold, seed, split. Other columns are ignored.

    Returns:
        What it holds; its rows are `NumberPrediction`s.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    table = read_table(path, ("utterance",))
    rows = _of_part(path, table, ("", "test"))
    check_tested(path, len(rows), len(table.lines))
    return PredictionFile(
        path,
        rows,
        has_seeds="seed" in table.header,
        left_out=len(table.lines) - len(rows),
        contradicted=0,
    )


def read_validated_numbers(path: Path) -> tuple[NumberPrediction, ...]:
    """Read the validation rows of such a file, which may have none.

    Raises:
        FeatxError: as `read_number_predictions`.
    """
    return _of_part(path, read_table(path, ("utterance",)), ("validation",))


def _of_part(path: Path, table: Table, splits: Sequence[str]) -> tuple[NumberPrediction, ...]:
    """Return the rows of a part, all checked."""
    chosen = [(line, row) for line, row in table.rows() if row.get("split", "") in splits]
    dimensions = predicted_dimensions(path)
    true = [_column(table, chosen, name) for name in dimensions]
    predicted = [_column(table, chosen, PREDICTED + name) for name in dimensions]
    _check_once(table, chosen, "validation" in splits)
    table.problems.refuse(path)
    numbers = (zip(*columns, strict=True) for columns in (true, predicted))
    rows = zip((row for _, row in chosen), *numbers, strict=True)
    return tuple(_prediction(path, *row) for row in rows)


def _prediction(
    path: Path, row: Mapping[str, str], truth: tuple[float, ...], predicted: tuple[float, ...]
) -> NumberPrediction:
    label, prediction = (", ".join(map(str, values)) for values in (truth, predicted))
    return NumberPrediction(
        utterance=row["utterance"],
        label=label,
        prediction=prediction,
        speaker=row.get("speaker", ""),
        seed=row.get("seed", ""),
        truth=truth,
        predicted=predicted,
        fold=row.get("fold", ""),
        file=path,
    )


_Lines = Sequence[tuple[int, dict[str, str]]]


def _column(table: Table, rows: _Lines, name: str) -> list[float]:
    values = []
    for line, row in rows:
        try:
            values.append(read_number(row[name]))
        except ValueError:
            table.problems.add(
                "cells without a number", line, f"{name} is {row[name]!r}, not a number"
            )
    return values


def _check_once(table: Table, rows: _Lines, in_fold: bool) -> None:
    """Note utterances that are there twice for a seed, or for a seed in a fold."""
    first: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        fold = row.get("fold", "") if in_fold else ""
        before = first.setdefault((row.get("seed", ""), fold, row["utterance"]), line)
        if before != line:
            text = f"utterance {row['utterance']!r} is already on line {before}"
            table.problems.add("repeated utterances", line, text)
