"""Predictions of numbers, of each seed and as rows of a prediction file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from featx.protocols.numbers import TAKEN
from featx.protocols.task import Task
from featx.scoring.numbers.scores import SeedNumbers
from featx.scoring.outcomes import Outcome, tested_parts, written_rows
from featx.scoring.predictions import PREDICTED, rounded
from featx.utils.files import write_csv


class NumberRow(NamedTuple):
    """A row of a prediction file of numbers.

    Attributes:
        utterance: the utterance's id.
        speaker: who speaks, empty if unknown.
        fold: number of the fold, empty if unknown.
        seed: the seed of the model.
        split: "validation" or "test".
        truth: the true number of each dimension.
        predicted: the predicted ones.
    """

    utterance: str
    speaker: str
    fold: int | str
    seed: int | str
    split: str
    truth: Sequence[float]
    predicted: Sequence[float]


def seed_numbers(task: Task, outcomes: Sequence[Outcome]) -> list[SeedNumbers]:
    """Return what each seed predicted of test utterances, its folds together."""
    return [
        SeedNumbers(task.measured(tested.utterances), tested.found, tested.speakers)
        for tested in tested_parts(task, outcomes)
    ]


def write_number_predictions(task: Task, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write a row for every utterance that was validated on or tested, of every model."""
    write_number_rows(path, task.dimensions, written_rows(task, outcomes, path, _rows))


def write_number_rows(path: Path, dimensions: Sequence[str], rows: Iterable[NumberRow]) -> None:
    """Write a prediction file of numbers, each true number before the predicted one."""
    named = [column for name in dimensions for column in (name, PREDICTED + name)]
    write_csv(path, [*TAKEN, *named], ([*row[:-2], *_in_pairs(row)] for row in rows))


def _in_pairs(row: NumberRow) -> list[float]:
    pairs = zip(row.truth, rounded(row.predicted), strict=True)
    return [value for pair in pairs for value in pair]


def _rows(task: Task, outcome: Outcome, split: str) -> Iterator[NumberRow]:
    utterances = task.folds[outcome.fold].parts[split]
    found = outcome.probabilities[split].tolist()
    for utterance, predicted in zip(utterances, found, strict=True):
        yield NumberRow(
            utterance=utterance.utterance,
            speaker=utterance.speaker,
            fold=outcome.fold,
            seed=outcome.seed,
            split=split,
            truth=task.numbers[utterance.utterance],
            predicted=predicted,
        )
