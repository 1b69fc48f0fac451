"""Prediction files of several labels, read: a row for each utterance and seed, whoever made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.choices import THRESHOLD
from featx.data.label_order import order_labels
from featx.protocols.shares import join_labels, split_labels
from featx.scoring.predictions import (
    FOUND,
    LABELS,
    PROBABILITY,
    Prediction,
    PredictionFile,
    predicted_labels,
    read_figure,
    read_part,
)
from featx.utils.csv_files import Table


@dataclass(frozen=True)
class LabelPrediction(Prediction):
    """A scored row, whose label and prediction are labels joined by "|".

    Attributes:
        fold: empty where the file does not name it.
        file: the file that holds it.
        fits: whether each label fits, in the order of the file's columns.
        found: whether each is predicted.
        probabilities: the probability of each.
    """

    fold: str
    file: Path
    fits: tuple[bool, ...]
    found: tuple[bool, ...]
    probabilities: tuple[float, ...]


def read_label_predictions(path: Path, split: str = "test") -> PredictionFile:
    """Read a file of several predicted labels and check all that is read of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, labels ("(none)" where none fits) and
            p_LABEL for each label, and optionally predictions (by default the labels from a
            probability of 0.5 on), speaker, fold, seed, split. Other columns are ignored.
        split: the part that is read; rows without a split are of the test part.

    Returns:
        What it holds; its rows are `LabelPrediction`s, of which a validation part may have none.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    labels = predicted_labels(path)

    def read(table: Table, line: int, row: Mapping[str, str]) -> LabelPrediction:
        shares = tuple(
            read_figure(table, line, row, PROBABILITY + name, "unusable probabilities")
            for name in labels
        )
        fits = _known(table, line, LABELS, row[LABELS], labels)
        found = tuple(share >= THRESHOLD for share in shares)
        if FOUND in table.header:
            found = _known(table, line, FOUND, row[FOUND], labels)
        return LabelPrediction(
            utterance=row["utterance"],
            label=_joined(labels, fits),
            prediction=_joined(labels, found),
            speaker=row.get("speaker", ""),
            seed=row.get("seed", ""),
            fold=row.get("fold", ""),
            file=path,
            fits=fits,
            found=found,
            probabilities=shares,
        )

    return read_part(path, ("utterance", LABELS), split, read)


def _known(
    table: Table, line: int, column: str, text: str, labels: Sequence[str]
) -> tuple[bool, ...]:
    """Return whether each label is among those of a cell."""
    if not text:
        what = f"{column} is empty; (none) says that there is none"
        table.problems.add(f"rows without {column}", line, what)
    own = set(split_labels(text))
    if strange := own - set(labels):
        name = order_labels(strange)[0]
        what = f"{column} has {name!r}, and there is no column {PROBABILITY}{name}"
        table.problems.add("labels without a probability", line, what)
    return tuple(label in own for label in labels)


def _joined(labels: Sequence[str], chosen: Sequence[bool]) -> str:
    return join_labels([label for label, own in zip(labels, chosen, strict=True) if own])
