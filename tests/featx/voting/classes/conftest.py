"""Systems that predict at random, as prediction files."""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featx.errors import FeatxError
from featx.scoring.classes.results import Results, SeedPredictions
from featx.voting.config import VoteConfig
from featx.voting.run import run_vote

RUN = "predictions.csv"
SKILLS = (0.8, 0.6, 0.5, 0.3)
SCORED = SeedPredictions(np.array([0, 1, 2]), np.array([0, 1, 1]), ["s0", "s1", "s2"])
CLASSES = ("angry", "happy", "sad")
Table = list[dict[str, str]]


def make_rows(skill: float, seeds: int = 1, validation: bool = True) -> Table:
    """Predictions of which a share is right: two folds, each validated on the other."""
    chance = random.Random(f"{skill}")
    found = []
    for seed in range(seeds):
        for split in ("validation", "test") if validation else ("test",):
            for number in range(36):
                label = CLASSES[number % 3]
                chosen = label if chance.random() < skill else chance.choice(CLASSES)
                row = {"utterance": f"u{number:02}", "speaker": f"s{number // 6}"}
                row["fold"] = str((number // 18 + (split == "validation")) % 2)
                row |= {"seed": str(seed), "split": split, "label": label, "prediction": chosen}
                found.append(
                    {**row, **{f"p_{c}": f"{0.6 if c == chosen else 0.2}" for c in CLASSES}}
                )
    return found


@pytest.fixture
def write(workplace: Path) -> Callable[[str, Table], Path]:
    """Write a prediction file; return its path."""

    def write(name: str, table: Table) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, table[0])
            writer.writeheader()
            writer.writerows(table)
        return path

    return write


@pytest.fixture
def systems(write) -> list[Path]:
    """Files of four systems of two seeds, the first the best."""
    return [write(f"s{n}.csv", make_rows(skill, seeds=2)) for n, skill in enumerate(SKILLS)]


@pytest.fixture
def six(write) -> list[Path]:
    """Six systems without validation rows, a to f."""
    skills = (0.8, 0.75, 0.7, 0.65, 0.6, 0.4)
    tables = [make_rows(skill, validation=False) for skill in skills]
    return [write(f"{name}.csv", table) for name, table in zip("abcdef", tables, strict=True)]


def vote(paths: list[Path], folder: str = "vote", **options: object) -> Results:
    """Hold a vote into a folder."""
    return run_vote(VoteConfig(systems=tuple(paths), **options), Path(folder))


def read(path: Path) -> Table:
    """Read a CSV."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def turn(path: Path, which: Callable[[dict[str, str]], bool]) -> None:
    """Turn some labels of a file, alike in all files."""
    table = read(path)
    for row in table:
        if which(row):
            row["label"] = CLASSES[(CLASSES.index(row["label"]) + 1) % 3]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)


def refusal(paths: list[Path], **options: object) -> str:
    """Return why a vote is refused, after checking that it left nothing."""
    with pytest.raises(FeatxError) as caught:
        vote(paths, "refused", **options)
    assert not Path("refused").exists()
    return str(caught.value)


def found(folder: str = "vote") -> dict[str, Any]:
    return json.loads(Path(folder, "metrics.json").read_text())["vote"]
