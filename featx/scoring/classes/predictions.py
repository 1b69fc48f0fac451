"""Prediction files of classes: read, scored and written."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featx.data.manifest_rows import SPLITS
from featx.protocols.task import Task
from featx.scoring.classes.distributions import SeedShares, score_distributions
from featx.scoring.classes.results import Results, SeedPredictions, score_predictions
from featx.scoring.classes.voted import check_votes, voted_classes, with_votes
from featx.scoring.outcomes import Outcome, tested_parts, written_rows
from featx.scoring.predictions import (
    PROBABILITY,
    Prediction,
    PredictionFile,
    PredictionRow,
    Rows,
    check_repeated,
    check_tested,
    write_rows,
)
from featx.utils.csv_files import Problems, Table, read_table

REQUIRED = ("utterance", "label", "prediction")


def read_predictions(path: Path) -> PredictionFile:
    """Read a prediction file and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, label, prediction and optionally speaker,
            fold, seed, split, p_<class>... Other columns are ignored.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    return predictions_in(path, read_table(path, REQUIRED))


def predictions_in(path: Path, table: Table) -> PredictionFile:
    """Return what a prediction file says, checked.

    Args:
        path: the file.
        table: what `read_table` made of it.

    Raises:
        FeatxError: naming every problem in it with its line.
    """
    rows = list(table.rows())
    _check_splits(rows, table.problems)
    scored = [(line, row) for line, row in rows if row.get("split", "") in ("", "test")]
    _check_filled(scored, table.problems)
    check_repeated(scored, table)
    contradicted = _count_contradicted(scored, table)
    check_votes(scored, table)
    voted = voted_classes(table)
    table.problems.refuse(path)
    check_tested(path, len(scored), len(table.lines))
    return PredictionFile(
        path,
        tuple(_prediction(row, voted) for _, row in scored),
        has_seeds="seed" in table.header,
        left_out=len(table.lines) - len(scored),
        contradicted=contradicted,
    )


def _prediction(row: Mapping[str, str], voted: Sequence[str]) -> Prediction:
    own = Prediction(
        utterance=row["utterance"],
        label=row["label"],
        prediction=row["prediction"],
        speaker=row.get("speaker", ""),
        seed=row.get("seed", ""),
    )
    return with_votes(own, row, voted) if voted else own


class Probabilities(NamedTuple):
    """The probabilities in the test rows of a prediction file.

    Attributes:
        values: (rows, classes) float32.
        right: (rows,) whether the label is the predicted one.
        models: seed and fold of the model of each row, empty where the file does not say.
    """

    values: np.ndarray
    right: np.ndarray
    models: list[tuple[str, str]]


def read_probabilities(path: Path) -> Probabilities | None:
    """Return the probabilities of test rows, None if the file has none.

    Args:
        path: a file that `read_predictions` takes.

    Raises:
        FeatxError: if the file can't be read.
    """
    table = read_table(path, REQUIRED)
    columns = [name for name in table.header if name.startswith(PROBABILITY)]
    if not columns:
        return None
    rows = [row for _, row in table.rows() if row.get("split", "") in ("", "test")]
    return Probabilities(
        np.array([[float(row[name]) for name in columns] for row in rows], np.float32),
        np.array([row["label"] == row["prediction"] for row in rows]),
        [(row.get("seed", ""), row.get("fold", "")) for row in rows],
    )


def _check_splits(rows: Rows, problems: Problems) -> None:
    for line, row in rows:
        split = row.get("split")
        if split and split not in SPLITS:
            text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
            problems.add("unknown splits", line, text)


def _check_filled(rows: Rows, problems: Problems) -> None:
    for line, row in rows:
        for name in REQUIRED:
            if not row[name]:
                problems.add(f"rows without {name}", line, f"{name} is empty")


def _count_contradicted(rows: Rows, table: Table) -> int:
    """Count the rows that predict another class than the most probable, ties allowed."""
    columns = [name for name in table.header if name.startswith(PROBABILITY)]
    count = 0
    for line, row in rows if columns else ():
        values = {}
        for name in columns:
            try:
                values[name] = float(row[name])
            except ValueError:
                values[name] = math.nan
            if math.isnan(values[name]):
                text = f"{name} is {row[name]!r}, not a number"
                table.problems.add("unusable probabilities", line, text)
        own = values.get(PROBABILITY + row["prediction"], -math.inf)
        count += own < max(values.values())
    return count


def score_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> Results:
    """Score the test predictions, the folds of a seed together.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        remarks: what a reader of the scores must know, in sentences.
    """
    seeds = seed_predictions(task, outcomes)
    results = score_predictions(title, task.classes, seeds, task.speakers_shared, remarks)
    if not task.shares:
        return results
    return replace(results, votes=score_distributions(_seed_shares(task, outcomes)))


def seed_predictions(task: Task, outcomes: Sequence[Outcome]) -> list[SeedPredictions]:
    """Return what each seed predicted of test utterances, its folds together."""
    return [
        SeedPredictions(task.labels(tested.utterances), tested.found.argmax(1), tested.speakers)
        for tested in tested_parts(task, outcomes)
    ]


def _seed_shares(task: Task, outcomes: Sequence[Outcome]) -> list[SeedShares]:
    return [
        SeedShares(
            task.shared(tested.utterances),
            tested.found,
            task.labels(tested.utterances),
            tested.speakers,
        )
        for tested in tested_parts(task, outcomes)
    ]


def write_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    rows = written_rows(task, outcomes, path, _predicted)
    write_rows(path, task.classes, rows, votes=bool(task.shares))


def _predicted(task: Task, outcome: Outcome, split: str) -> Iterator[PredictionRow]:
    found = outcome.probabilities[split]
    utterances = task.folds[outcome.fold].parts[split]
    votes = task.shared(utterances).tolist() if task.shares else [()] * len(utterances)
    best = found.argmax(1).tolist()
    for utterance, own, shares, given in zip(utterances, best, found.tolist(), votes, strict=True):
        yield PredictionRow(
            utterance=utterance.utterance,
            speaker=utterance.speaker,
            fold=outcome.fold,
            seed=outcome.seed,
            split=split,
            label=utterance.label,
            prediction=task.classes[own],
            probabilities=shares,
            votes=given,
        )
