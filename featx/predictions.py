"""Prediction files: a CSV with one row an utterance and seed, whoever made it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from featx.errors import FeatxError
from featx.manifest_columns import SPLITS
from featx.tables import Problems, Table, read_table
from featx.wording import counted

REQUIRED = ("utterance", "label", "prediction")
_PROBABILITY = "p_"  # begins the name of a class's column


class Prediction(NamedTuple):
    """One scored row; `speaker` and `seed` are empty if not told."""

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


def read_predictions(path: Path) -> PredictionFile:
    """Read a prediction file and check all of it.

    Args:
        path: a CSV in UTF-8 with the columns utterance, label, prediction and optionally speaker,
            fold, seed, split, p_<class>... Other columns are ignored.

    Raises:
        FeatxError: if the file can't be read, or naming every problem in it with its line.
    """
    table = read_table(path, REQUIRED)
    rows = list(table.rows())
    _check_splits(rows, table.problems)
    scored = [(line, row) for line, row in rows if row.get("split", "") in ("", "test")]
    _check_filled(scored, table.problems)
    _check_repeated(scored, table)
    contradicted = _count_contradicted(scored, table)
    table.problems.refuse(path)
    if not scored:
        raise FeatxError(
            f"{path}: none of its {counted(len(table.lines), 'row')} is of the test part, "
            "as the split column says. Only rows whose split is test or empty are scored."
        )
    return PredictionFile(
        path,
        tuple(Prediction(*(row.get(name, "") for name in Prediction._fields)) for _, row in scored),
        has_seeds="seed" in table.header,
        left_out=len(table.lines) - len(scored),
        contradicted=contradicted,
    )


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
    _check_repeated(list(table.rows()), table)
    table.problems.refuse(path)
    return {row["utterance"]: row["speaker"] for _, row in table.rows()}


_Rows = Sequence[tuple[int, Mapping[str, str]]]


def _check_splits(rows: _Rows, problems: Problems) -> None:
    for line, row in rows:
        split = row.get("split")
        if split and split not in SPLITS:
            text = f"split is {split!r}; it can be {', '.join(SPLITS)} or empty"
            problems.add("unknown splits", line, text)


def _check_filled(rows: _Rows, problems: Problems) -> None:
    for line, row in rows:
        for name in REQUIRED:
            if not row[name]:
                problems.add(f"rows without {name}", line, f"{name} is empty")


def _check_repeated(rows: _Rows, table: Table) -> None:
    seeded = "seed" in table.header
    first: dict[tuple[str, str], int] = {}
    for line, row in rows:
        seed = row.get("seed", "")
        before = first.setdefault((seed, row["utterance"]), line)
        if row["utterance"] and before != line:
            of_seed = f" for seed {seed!r}" if seeded else ""
            text = f"utterance {row['utterance']!r} is already on line {before}{of_seed}"
            table.problems.add("repeated utterances", line, text)


def _count_contradicted(rows: _Rows, table: Table) -> int:
    """Count the rows that predict another class than the most probable, ties allowed."""
    columns = [name for name in table.header if name.startswith(_PROBABILITY)]
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
        own = values.get(_PROBABILITY + row["prediction"], -math.inf)
        count += own < max(values.values())
    return count
