"""Predictions of several labels at once, of each seed and as rows of a prediction file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from classifiers.choices import THRESHOLD
from featx.protocols.shares import join_labels
from featx.protocols.task import Task
from featx.scoring.labels.scores import SeedLabels
from featx.scoring.outcomes import Outcome, tested_parts, written_rows
from featx.scoring.predictions import FOUND, LABELS, PROBABILITY, PredictionRow, rounded
from featx.utils.files import write_csv


def seed_labels(task: Task, outcomes: Sequence[Outcome]) -> list[SeedLabels]:
    """Return what each seed predicted of test utterances, its folds together."""
    return [
        SeedLabels.at(task.shared(tested.utterances), tested.found, tested.speakers)
        for tested in tested_parts(task, outcomes)
    ]


def write_label_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    write_label_rows(path, task.classes, written_rows(task, outcomes, path, _rows))


def write_label_rows(path: Path, labels: Sequence[str], rows: Iterable[PredictionRow]) -> None:
    """Write a file of several labels: as one of single classes, but for two columns' names.

    Args:
        path: the file.
        labels: each of which gets a column of probabilities.
        rows: what it holds; label and prediction are labels joined by "|".
    """
    header = [{"label": LABELS, "prediction": FOUND}.get(n, n) for n in PredictionRow._fields[:-2]]
    header += [PROBABILITY + label for label in labels]
    write_csv(path, header, ([*row[:-2], *rounded(row.probabilities)] for row in rows))


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
