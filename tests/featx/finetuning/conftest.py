"""A fine-tuning that takes seconds."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import featx
from featx.runs.run import Run

QUICK = ("training.every=2", "training.epochs=1", "training.learning_rate=1e-3")


@pytest.fixture
def finetune(checkpoint_folder) -> Callable[..., Run]:
    """Call `featx.finetune` on the tiny encoder, with few steps; positional are settings."""

    def run(*settings: str, **arguments: object) -> Run:
        quick = {"model": checkpoint_folder, "folds": 3, "device": "cpu"}
        return featx.finetune(**{**quick, **arguments, "settings": (*QUICK, *settings)})

    return run


@pytest.fixture
def command(checkpoint_folder) -> Callable[..., tuple[str, ...]]:
    """Return the words after `featx` that do the same in a process of its own."""

    def words(*settings: str, **arguments: object) -> tuple[str, ...]:
        options = {"model": checkpoint_folder, "folds": 3, "device": "cpu", **arguments}
        pairs = [
            *((f"--{name}", str(value)) for name, value in options.items()),
            *(("--set", setting) for setting in (*QUICK, *settings)),
        ]
        return ("finetune", *(word for pair in pairs for word in pair))

    return words


@pytest.fixture
def one_split(write_corpus):
    """A corpus with one fold: a speaker each validates and is tested; return its manifest."""
    path = write_corpus(speakers=6)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    split = {"s4": "validation", "s5": "test"}
    for row in rows:
        row["split"] = split.get(row["speaker"], "train")
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def read_rows():
    """Read a CSV of a run folder."""

    def read(path: Path) -> list[dict[str, str]]:
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    return read
