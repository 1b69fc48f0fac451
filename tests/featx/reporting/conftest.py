"""Runs that nobody trained."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featx.scoring.classes.results import SeedPredictions, score_predictions

CLASSES = ("neutral", "happy", "sad")
CONFIG = """manifest = "manifest.csv"
features = ["features/manifest/tiny"]
seeds = {seeds}
[head]
kind = "dense"
[training]
epochs = 3
[protocol]
title = "4 folds"
"""


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def _predict(run: Path, seeds: int, random: np.random.Generator, first: int) -> None:
    header = ("utterance", "speaker", "fold", "seed", "split", "label", "prediction")
    numbers = range(first, first + 36)
    labels = [n % 3 for n in numbers]
    speakers = [f"s{n % 4}" for n in numbers]
    rows, scored = [], []
    for seed in range(seeds):
        predicted = [
            (label + 1) % 3 if n % 6 == 0 else int(random.integers(3))
            for n, label in zip(numbers, labels, strict=True)
        ]
        scored.append(SeedPredictions(np.array(labels), np.array(predicted), speakers))
        rows += [
            [f"u{n}", speaker, n % 4, seed, "test", CLASSES[label], CLASSES[guess]]
            for n, speaker, label, guess in zip(numbers, speakers, labels, predicted, strict=True)
        ]
    write_csv(run / "predictions.csv", header, rows)
    results = score_predictions(f"{run.name}, synthetic", CLASSES, scored, False)
    (run / "metrics.json").write_text(json.dumps(results.to_json()))


def _train(run: Path, seeds: int, random: np.random.Generator) -> None:
    members = [(seed, fold) for seed in range(seeds) for fold in range(4)]
    history = [
        [*member, epoch, 1 / epoch, 1.1 / epoch, 0.1 * epoch, 0.5]
        for member in members
        for epoch in (1, 2, 3)
    ]
    header = (
        "seed",
        "fold",
        "epoch",
        "train_loss",
        "validation_loss",
        "validation_score",
        "seconds",
    )
    write_csv(run / "history.csv", header, history)
    weights = [
        [*member, "tiny", layer, weight]
        for member in members
        for layer, weight in enumerate(random.dirichlet([5, 5, 5]).tolist())
    ]
    write_csv(run / "layer_weights.csv", ("seed", "fold", "features", "layer", "weight"), weights)


@pytest.fixture
def write_run(workplace: Path) -> Callable[..., Path]:
    """Write a run of 36 utterances, of which every sixth is never recognised."""

    def write(name: str, seeds: int = 2, first: int = 0) -> Path:
        run = workplace / "runs" / name
        run.mkdir(parents=True)
        random = np.random.default_rng(len(name))
        (run / "config.toml").write_text(CONFIG.format(seeds=seeds))
        environment = {"command": "featx fit --seeds 2", "features": [{"encoder": "tiny"}]}
        (run / "environment.json").write_text(json.dumps(environment))
        cost = {"seconds": 75.0, "models": 8, "peak_memory": 1, "peak_gpu_memory": None}
        cost |= {"parameters_trained": 19_900, "features": 0, "device": "cpu"}
        (run / "cost.json").write_text(json.dumps(cost))
        _train(run, seeds, random)
        _predict(run, seeds, random, first)
        return run

    return write


@pytest.fixture
def remark() -> Callable[[Path, str], None]:
    """Add a remark to a run's scores."""

    def add(run: Path, text: str) -> None:
        path = run / "metrics.json"
        value = json.loads(path.read_text())
        value["remarks"].append(text)
        path.write_text(json.dumps(value))

    return add
