"""Rows of prediction files that tell how annotators voted, in columns `true_p_CLASS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featx.protocols.numbers import read_number
from featx.scoring.predictions import PROBABILITY, VOTES, Prediction, Rows
from featx.utils.csv_files import Table

_OFF = 0.02  # that rounded shares can miss 1 by


@dataclass(frozen=True)
class VotedPrediction(Prediction):
    """A scored row of an utterance with annotators' votes.

    Attributes:
        votes: each class's share of the votes.
        probabilities: each class's probability.
    """

    votes: Mapping[str, float]
    probabilities: Mapping[str, float]


def voted_classes(table: Table) -> list[str]:
    """Return the classes that a file has the true votes of, none unless it has those of all."""
    classes = [n.removeprefix(PROBABILITY) for n in table.header if n.startswith(PROBABILITY)]
    return classes if all(VOTES + name in table.header for name in classes) else []


def check_votes(rows: Rows, table: Table) -> None:
    """Note rows whose votes are no shares of a whole, or not of classes with a probability."""
    classes = voted_classes(table)
    for line, row in rows if classes else ():
        try:
            total = sum(read_number(row[VOTES + name]) for name in classes)
        except ValueError:
            table.problems.add("unusable votes", line, f"a {VOTES} column is not a number")
            continue
        if abs(total - 1) > _OFF:
            text = f"the {VOTES} columns add up to {total:g}, not to 1"
            table.problems.add("unusable votes", line, text)
        if row["label"] and row["label"] not in classes:
            text = f"label is {row['label']!r}, and there is no column {VOTES}{row['label']}"
            table.problems.add("labels without votes", line, text)


def with_votes(
    prediction: Prediction, row: Mapping[str, str], classes: Sequence[str]
) -> VotedPrediction:
    """Return a row with what its cells say of each class."""
    votes, shares = (
        {name: float(row[begin + name]) for name in classes} for begin in (VOTES, PROBABILITY)
    )
    return VotedPrediction(**vars(prediction), votes=votes, probabilities=shares)
