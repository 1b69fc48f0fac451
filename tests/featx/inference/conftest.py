"""A working folder as a user has it: a manifest, audio, an encoder, its features."""

import csv
import shutil
from pathlib import Path

import pytest

import featx


@pytest.fixture
def place(kept, workplace, write_corpus, checkpoint_folder):
    """The folder of an experiment: audio/, manifest.csv, encoder/ and its features."""
    if not (kept / "place").exists():
        write_corpus(speakers=6, takes=1)
        shutil.copytree(checkpoint_folder, "encoder")
        featx.extract("encoder", precision="float32")
        featx.extract("egemaps")
        shutil.copytree(workplace, kept / "unfinished")
        (kept / "unfinished").rename(kept / "place")
    else:
        shutil.copytree(kept / "place", workplace, dirs_exist_ok=True)
    return workplace


@pytest.fixture
def tested():
    """Read the test rows of a run's predictions, by seed and fold."""

    def read(folder: Path) -> dict[tuple[int, int], list[dict[str, str]]]:
        with (folder / "predictions.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
        groups: dict[tuple[int, int], list[dict[str, str]]] = {}
        for row in rows:
            groups.setdefault((int(row["seed"]), int(row["fold"])), []).append(row)
        return groups

    return read
