"""A fine-tuning that takes seconds."""

import csv
from pathlib import Path

import pytest

QUICK = (
    "--folds", "3", "--device", "cpu", "--set", "training.every=2", "--set", "training.epochs=1",
    "--set", "training.learning_rate=1e-3",
)  # fmt: skip


@pytest.fixture
def quick():
    """Options of a fine-tuning with few steps."""
    return QUICK


@pytest.fixture
def finetune(run_featx, checkpoint_folder):
    """Run `featx finetune` on the tiny encoder, with few steps."""

    def run(*arguments: object):
        return run_featx("finetune", "--model", checkpoint_folder, *QUICK, *arguments)

    return run


@pytest.fixture
def one_split(write_corpus):
    """A corpus of which two speakers each validate and are tested; return its manifest."""
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
