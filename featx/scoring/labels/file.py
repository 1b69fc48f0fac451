"""Prediction files of several labels, read: a row for each utterance and seed, whoever made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.choices import THRESHOLD
from featx.data.labels import order_labels
from featx.protocols.numbers import read_number
from featx.protocols.shares import join_labels, split_labels
from featx.scoring.predictions import (
    FOUND,
    LABELS,
    PROBABILITY,
    Prediction,
    PredictionFile,
    check_repeated,
    check_tested,
    predicted_labels,
)
from featx.utils.csv_files import Table, read_table


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
    table = read_table(path, ("utterance", LABELS))
    read = [(n, row) for n, row in table.rows() if (row.get("split", "") or "test") == split]
    rows = [_read(path, table, line, row, labels) for line, row in read]
    if split == "test":  # elsewhere an utterance may be there in several folds
        check_repeated(read, table)
    table.problems.refuse(path)
    if split == "test":
        check_tested(path, len(rows), len(table.lines))
    return PredictionFile(
        path,
        tuple(rows),
        has_seeds="seed" in table.header,
        left_out=len(table.lines) - len(rows),
        contradicted=0,
    )


def _read(
    path: Path, table: Table, line: int, row: Mapping[str, str], labels: Sequence[str]
) -> LabelPrediction:
    shares = [_probability(table, line, name, row[PROBABILITY + name]) for name in labels]
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
        probabilities=tuple(shares),
    )


def _probability(table: Table, line: int, label: str, text: str) -> float:
    try:
        return read_number(text)
    except ValueError:
        what = f"{PROBABILITY}{label} is {text!r}, not a number"
        table.problems.add("unusable probabilities", line, what)
        return 0.0


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
