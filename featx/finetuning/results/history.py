"""`history.csv` of a fine-tuning: a row for each look of each model at the data that choose."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from featx.finetuning.results.member import Look, TunedMember
from featx.runs.files import HISTORY
from featx.runs.read import damaged
from featx.utils.csv_files import read_table
from featx.utils.files import write_csv

COLUMNS = ("seed", "fold", *Look.__dataclass_fields__)
_OF_CLASSES = ("train_wa", "validation_wa")  # empty where none are learned


def write_history(members: Sequence[TunedMember], folder: Path) -> None:
    """Write the looks of all models to a run folder."""
    rows = ((m.seed, m.fold, *astuple(look)) for m in members for look in m.history)
    write_csv(folder / HISTORY, COLUMNS, rows)


def read_history(folder: Path) -> dict[tuple[int, int], list[Look]]:
    """Read a finished fine-tuning's `history.csv`.

    Args:
        folder: the run's.

    Returns:
        The looks of each model in their order, by its seed and fold.

    Raises:
        FeatxError: if the file is damaged or missing.
    """
    path = folder / HISTORY
    table = read_table(path, COLUMNS)
    table.problems.refuse(path)
    histories: dict[tuple[int, int], list[Look]] = {}
    for line, row in table.rows():
        try:
            model = int(row["seed"]), int(row["fold"])
            look = _look(row)
        except ValueError as error:
            raise damaged(path, f"line {line}: {error}") from None
        histories.setdefault(model, []).append(look)
    return histories


def _look(row: Mapping[str, str]) -> Look:
    """Return the look that a row of a history holds.

    Raises:
        ValueError: if a value is no number, or not finite.
    """
    names = [name for name in Look.__dataclass_fields__ if name != "step"]
    values: dict[str, Any] = {
        n: None if n in _OF_CLASSES and not row[n] else float(row[n]) for n in names
    }
    for name, value in values.items():
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} is {row[name]}")
    return Look(step=int(row["step"]), **values)
