"""Features of noise, on which searches take a second, and spaces to search."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.runs.files import TRIALS

SPACE = """
[head]
width = { low = 2, high = 32, log = true }
dropout = { low = 0, high = 0.6 }

[training]
learning_rate = { low = 1e-3, high = 0.3, log = true }
epochs = { choices = [1, 2, 3] }
"""


@pytest.fixture
def noise(workplace) -> Callable[..., None]:
    """Write a manifest and features that tell nothing of its labels, drawn anew by each seed."""

    def write(
        seed: int = 0, speakers: int = 9, takes: int = 6, labels: Sequence[str] = ("sad", "happy")
    ) -> None:
        generator = np.random.default_rng(seed)
        rows = []
        for speaker in range(speakers):
            own = generator.permutation([labels[take % len(labels)] for take in range(takes)])
            for take, label in enumerate(own):
                name = f"{speaker}-{take}"
                row = {"utterance": name, "path": f"{name}.wav", "speaker": f"s{speaker}"}
                rows.append({**row, "label": label, "level": f"{generator.normal():.3f}"})
        with Path("manifest.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        vectors = {row["utterance"]: generator.standard_normal(8).astype("f4") for row in rows}
        np.savez("noise.npz", **vectors)
        featx.import_features("noise.npz", name="noise", frame_step=0, out=f"noise{seed}")

    return write


@pytest.fixture
def search(workplace) -> Callable[..., featx.Run]:
    """Search a head on noise: a dense one unless the quicker linear one is wanted."""
    Path("space.toml").write_text(SPACE)

    def run(head: str = "dense", **options) -> featx.Run:
        usual = {"features": "noise0", "trials": 6, "folds": 3}
        if head == "dense":
            usual |= {"space": "space.toml", "settings": "training.patience=3"}
        return featx.tune(head, **{**usual, **options})

    return run


@pytest.fixture
def tried() -> Callable[..., list[dict[str, str]]]:
    """Return the rows of a run's trials, without how long they took."""

    def read(run: featx.Run, name: str = TRIALS) -> list[dict[str, str]]:
        with (run.folder / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.pop("seconds", None)
        return rows

    return read
