"""What prediction files of all kinds have in common: a row for each utterance and seed."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from featx.errors import FeatxError
from featx.protocols.numbers import read_number
from featx.utils.csv_files import Table, read_table
from featx.utils.files import write_csv
from featx.utils.text import counted

PROBABILITY = "p_"  # begins the name of a class's column
VOTES = "true_p_"  # begins the name of a column of a class's share of the annotators' votes
PREDICTED = "predicted_"  # begins the name of a dimension's column, in files of numbers
LABELS, FOUND = "labels", "predictions"  # columns of files of several labels, joined by "|"


@dataclass(frozen=True)
class Prediction:
    """A scored row; `speaker` and `seed` are empty where the file does not name them."""

    utterance: str
    label: str
    prediction: str
    speaker: str
    seed: str


@dataclass(frozen=True)
class PredictionFile:
    """What a file says about test utterances.

    Attributes:
        path: the CSV.
        rows: those to score, in the order of the file.
        has_seeds: whether there is a `seed` column.
        left_out: how many rows are of the training or validation part.
        contradicted: how many rows predict another class than their most probable one.
    """

    path: Path
    rows: tuple[Prediction, ...]
    has_seeds: bool
    left_out: int
    contradicted: int


def check_tested(path: Path, tested: int, rows: int) -> None:
    """Raise a FeatxError if no row of a prediction file is of the test part."""
    if not tested:
        raise FeatxError(
            f"{path}: none of its {counted(rows, 'row')} is of the test part, "
            "as the split column says. Only rows whose split is test or empty are scored."
        )


def predicted_dimensions(path: Path) -> tuple[str, ...]:
    """Return the dimensions that a file predicts, by its header; none if it is of anything else."""
    header = _header(path)
    if "prediction" in header:
        return ()
    return tuple(
        name.removeprefix(PREDICTED)
        for name in header
        if name.startswith(PREDICTED) and name.removeprefix(PREDICTED) in header
    )


def predicted_labels(path: Path) -> tuple[str, ...]:
    """Return the labels of which a file predicts several, by its header; none of other files."""
    header = _header(path)
    if LABELS not in header or "label" in header:
        return ()
    return tuple(name.removeprefix(PROBABILITY) for name in header if name.startswith(PROBABILITY))


def _header(path: Path) -> list[str]:
    """Return the columns of a file, none if it can't be read: whoever reads all of it says why."""
    try:
        with path.open("rb") as file:
            first = next((line for line in file if line.strip()), b"")
        row = next(csv.reader([first.decode("utf-8-sig")]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [name.strip() for name in row]


def read_speakers(path: Path) -> dict[str, str]:
    """Read who speaks each utterance, from a manifest; its audio need not be there.

    Args:
        path: a CSV in UTF-8 with the columns utterance and speaker.

    Returns:
        Speakers by utterance, empty where unknown.

    Raises:
        FeatxError: if the file can't be read or names an utterance twice.
    """
    table = read_table(path, ("utterance", "speaker"))
    check_repeated(list(table.rows()), table)
    table.problems.refuse(path)
    return {row["utterance"]: row["speaker"] for _, row in table.rows()}


Rows = Sequence[tuple[int, Mapping[str, str]]]


def check_repeated(rows: Rows, table: Table) -> None:
    """Note the utterances that are there twice, for the same seed if there is such a column."""
    seeded = "seed" in table.header
    first: dict[tuple[str, str], int] = {}
    for line, row in rows:
        seed = row.get("seed", "")
        before = first.setdefault((seed, row["utterance"]), line)
        if row["utterance"] and before != line:
            of_seed = f" for seed {seed!r}" if seeded else ""
            text = f"utterance {row['utterance']!r} is already on line {before}{of_seed}"
            table.problems.add("repeated utterances", line, text)


def read_part(
    path: Path,
    required: Sequence[str],
    split: str,
    read: Callable[[Table, int, Mapping[str, str]], Prediction],
) -> PredictionFile:
    """Read a part of a prediction file and check all that is read of it.

    Args:
        path: a CSV in UTF-8.
        required: the columns that it must have.
        split: the part; rows without a split are of the test part.
        read: reads a row, given its line, and notes in the table what is wrong with it.

    Raises:
        FeatxError: if the file can't be read, naming every problem in it with its line, or if it
            has no test part.
    """
    table = read_table(path, required)
    chosen = [(n, row) for n, row in table.rows() if (row.get("split", "") or "test") == split]
    rows = tuple(read(table, line, row) for line, row in chosen)
    if split == "test":  # elsewhere an utterance may be there in several folds
        check_repeated(chosen, table)
    table.problems.refuse(path)
    if split == "test":
        check_tested(path, len(rows), len(table.lines))
    left_out = len(table.lines) - len(rows)
    return PredictionFile(path, rows, "seed" in table.header, left_out, contradicted=0)


def read_figure(table: Table, line: int, row: Mapping[str, str], column: str, fault: str) -> float:
    """Return the number in a cell, or note a fault of that kind and return 0."""
    try:
        return read_number(row[column])
    except ValueError:
        table.problems.add(fault, line, f"{column} is {row[column]!r}, not a number")
        return 0.0


class PredictionRow(NamedTuple):
    """A row of a prediction file, its columns in their order.

    Attributes:
        utterance: the utterance's id.
        speaker: who speaks, empty if unknown.
        fold: number of the fold, empty if unknown.
        seed: the seed of the model.
        split: "validation" or "test".
        label: the true class.
        prediction: the predicted class.
        probabilities: each class's probability, in the order of the classes.
        votes: each class's share of the annotators' votes; none where utterances have no votes.
    """

    utterance: str
    speaker: str
    fold: int | str
    seed: int | str
    split: str
    label: str
    prediction: str
    probabilities: Sequence[float]
    votes: Sequence[float] = ()


def write_rows(
    path: Path, classes: Sequence[str], rows: Iterable[PredictionRow], votes: bool = False
) -> None:
    """Write a prediction file.

    Args:
        path: the file.
        classes: names of the classes, each of which gets a column of probabilities.
        rows: what it holds.
        votes: whether each gets a column of the true votes as well.
    """
    header = [*PredictionRow._fields[:-2], *(PROBABILITY + label for label in classes)]
    if votes:
        header += [VOTES + label for label in classes]
    write_csv(
        path, header, ([*row[:-2], *rounded([*row.probabilities, *row.votes])] for row in rows)
    )


def rounded(values: Sequence[Any]) -> list[Any]:
    """Round to seven significant digits: all that float32 holds."""
    return [float(f"{v:.7g}") if isinstance(v, float) else v for v in values]
