"""What trained models predicted: the file and the scores."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from featx.files import write_csv
from featx.folds import Fold
from featx.results import Results, score_predictions
from featx.task import Task


class Outcome(Protocol):
    """What one model, of a seed and a fold, predicted.

    Attributes:
        seed: of the model.
        fold: number of the fold.
        probabilities: "validation" and "test" to (utterances, classes), in the fold's order; a
            part can be absent.
    """

    @property
    def seed(self) -> int:
        """Of the model."""

    @property
    def fold(self) -> int:
        """Number of the fold."""

    @property
    def probabilities(self) -> Mapping[str, Tensor]:
        """By part of the fold."""


def score_outcomes(
    title: str, task: Task, outcomes: Sequence[Outcome], remarks: Sequence[str]
) -> Results:
    """Score the test predictions, the folds of a seed together.

    Args:
        title: what was trained on what.
        task: what was to be learned.
        outcomes: of every seed and fold.
        remarks: what a reader of the scores must know, in sentences.
    """
    seeds = []
    for seed in sorted({outcome.seed for outcome in outcomes}):
        rows = [row for one in outcomes if one.seed == seed for row in _tested(task, one)]
        labels, predictions, speakers = zip(*rows, strict=True)
        seeds.append((np.array(labels), np.array(predictions), speakers))
    return score_predictions(title, task.classes, seeds, task.speakers_shared, remarks)


def write_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    header = ["utterance", "speaker", "fold", "seed", "split", "label", "prediction"]
    header += [f"p_{label}" for label in task.classes]
    rows = (
        row
        for outcome in outcomes
        for split in ("validation", "test")
        if split in outcome.probabilities
        for row in _predicted(task, outcome, task.folds[outcome.fold], split)
    )
    write_csv(path, header, rows)


def rounded(values: Sequence[Any]) -> list[Any]:
    """Round to seven significant digits: all that float32 holds."""
    return [float(f"{v:.7g}") if isinstance(v, float) else v for v in values]


def _tested(task: Task, outcome: Outcome) -> Iterator[tuple[int, int, str]]:
    predictions = outcome.probabilities["test"].argmax(1).tolist()
    for utterance, prediction in zip(task.folds[outcome.fold].test, predictions, strict=True):
        yield task.classes.index(utterance.label), prediction, utterance.speaker


def _predicted(task: Task, outcome: Outcome, fold: Fold, split: str) -> Iterator[list[Any]]:
    for utterance, row in zip(fold.parts[split], outcome.probabilities[split], strict=True):
        prediction = task.classes[int(row.argmax())]
        yield [
            *(utterance.utterance, utterance.speaker, outcome.fold, outcome.seed, split),
            *(utterance.label, prediction, *rounded(row.tolist())),
        ]
