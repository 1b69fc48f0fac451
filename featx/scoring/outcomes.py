"""What the models of a run predicted, of each seed and fold, put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import numpy as np

from featx.data.manifest import Utterance
from featx.protocols.task import Task
from featx.utils.progress import passing

if TYPE_CHECKING:
    from torch import Tensor  # to read and score predictions takes no torch, whose import is slow

Row = TypeVar("Row")


class Outcome(Protocol):
    """What one model, of a seed and a fold, predicted.

    Attributes:
        seed: the seed of the model.
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
    def probabilities(self) -> "Mapping[str, Tensor]":
        """By part of the fold."""


class Tested(NamedTuple):
    """What the models of a seed predicted of test utterances, its folds together.

    Attributes:
        utterances: those that were tested, in the order of the folds.
        found: (utterances, classes) probabilities, or (utterances, dimensions) numbers.
    """

    utterances: Sequence[Utterance]
    found: np.ndarray

    @property
    def speakers(self) -> list[str]:
        """The speaker of each, empty if unknown."""
        return [utterance.speaker for utterance in self.utterances]


def tested_parts(task: Task, outcomes: Iterable[Outcome]) -> list[Tested]:
    """Return what each seed predicted of test utterances, the seeds in their order."""
    seeds: dict[int, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.seed, outcome.fold)):
        seeds.setdefault(outcome.seed, []).append(outcome)
    return [
        Tested(
            [utterance for outcome in own for utterance in task.folds[outcome.fold].test],
            np.concatenate([outcome.probabilities["test"].numpy() for outcome in own]),
        )
        for own in seeds.values()
    ]


def written_rows(
    task: Task,
    outcomes: Sequence[Outcome],
    path: Path,
    rows: Callable[[Task, Outcome, str], Iterable[Row]],
) -> Iterator[Row]:
    """Yield a row for every utterance that was validated on or tested, of every model.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        path: the file that is written, for progress.
        rows: makes those of an outcome and a part of its fold, "validation" or "test".
    """
    parts = [
        (outcome, split)
        for outcome in outcomes
        for split in ("validation", "test")
        if split in outcome.probabilities
    ]
    count = sum(len(outcome.probabilities[split]) for outcome, split in parts)
    every = (row for outcome, split in parts for row in rows(task, outcome, split))
    return passing(every, count, f"Writing {path.name}", "rows")
