"""Predictions of several labels at once: scored, and as rows of a prediction file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from classifiers.choices import THRESHOLD
from featx.protocols.shares import join_labels
from featx.protocols.task import Task
from featx.scoring.labels.results import LabelResults, score_label_predictions
from featx.scoring.labels.scores import SeedLabels
from featx.scoring.predictions import Outcome, PredictionRow, write_rows, written_parts
from featx.utils.progress import passing


def score_label_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> LabelResults:
    """Score the test predictions of several labels, the folds of a seed together.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        remarks: what a reader of the scores must know, in sentences.
    """
    seeds = []
    for seed in sorted({outcome.seed for outcome in outcomes}):
        own = [outcome for outcome in outcomes if outcome.seed == seed]
        tested = [u for outcome in own for u in task.folds[outcome.fold].test]
        found = np.concatenate([outcome.probabilities["test"].numpy() for outcome in own])
        seeds.append(SeedLabels(task.shared(tested), found, [u.speaker for u in tested]))
    return score_label_predictions(title, task.classes, seeds, task.speakers_shared, remarks)


def write_label_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model.

    The columns are those of single classes; label and prediction are labels joined by "|".
    """
    parts = written_parts(outcomes)
    count = sum(len(outcome.probabilities[split]) for outcome, split in parts)
    rows = (row for outcome, split in parts for row in _rows(task, outcome, split))
    write_rows(path, task.classes, passing(rows, count, f"Writing {path.name}", "rows"))


def choose_labels(classes: Sequence[str], probabilities: Sequence[float]) -> str:
    """Return the labels that are predicted, joined.

    Args:
        classes: the labels.
        probabilities: of each.
    """
    pairs = zip(classes, probabilities, strict=True)
    return join_labels([name for name, share in pairs if share >= THRESHOLD])


def _rows(task: Task, outcome: Outcome, split: str) -> Iterator[PredictionRow]:
    utterances = task.folds[outcome.fold].parts[split]
    found = outcome.probabilities[split].tolist()
    for utterance, shares in zip(utterances, found, strict=True):
        yield PredictionRow(
            utterance=utterance.utterance,
            speaker=utterance.speaker,
            fold=outcome.fold,
            seed=outcome.seed,
            split=split,
            label=utterance.label,
            prediction=choose_labels(task.classes, shares),
            probabilities=shares,
        )
