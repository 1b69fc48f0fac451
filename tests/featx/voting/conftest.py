"""Systems that predict at random, as prediction files."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

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
