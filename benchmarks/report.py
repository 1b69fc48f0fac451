"""How large the report of many runs is, and how long it takes to make and to draw.

Makes runs of RAVDESS's size without training any: predictions, histories and layer weights are
drawn at random. Give --chromium to measure the drawing too, in that browser.
"""

import argparse
import csv
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from featx.data.label_order import CUSTOMARY
from featx.reporting.report import report
from featx.scoring.classes.results import Results, SeedPredictions, score_predictions
from featx.scoring.predictions import rounded

SPEAKERS, FOLDS, EPOCHS, LAYERS = 24, 5, 40, 13
CONFIG = """manifest = "manifest.csv"
features = ["features/manifest/model{number}"]
layers = "all"
seconds = inf
normalize = "global"
seeds = {seeds}
skip_missing = false

[head]
kind = "dense"

[training]
learning_rate = 0.001

[protocol]
title = "5 folds"

[protocol.division]
kind = "speaker-folds"
count = 5
"""


def main() -> None:
    """Print size and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--utterances", type=int, default=1440)
    parser.add_argument("--keep", type=Path, help="write runs and report here and leave them")
    parser.add_argument("--rounds", type=int, default=7, help="drawings; the median is printed")
    parser.add_argument("--chromium", help="path of the browser; needs playwright")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        runs = [make_run(folder, number, options) for number in range(options.runs)]
        begun = time.perf_counter()
        page = report(runs, folder / "report.html")[0]
        print(f"made in {time.perf_counter() - begun:.1f} s")
        print(
            f"{page.stat().st_size / 1e6:.2f} MB for {options.runs} runs of {options.seeds} seeds"
        )
        if options.chromium:
            rounds = [draw(page, options.chromium) for _ in range(options.rounds)]
            for what, times in zip(
                ("first frame", "all of it"), zip(*rounds, strict=True), strict=True
            ):
                low, high = min(times), max(times)
                print(f"{what} drawn in {median(times):.2f} s ({low:.2f} to {high:.2f})")


def make_run(folder: Path, number: int, options: argparse.Namespace) -> Path:
    run = folder / "runs" / f"run{number:02d}"
    run.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(number)
    (run / "config.toml").write_text(CONFIG.format(number=number, seeds=options.seeds))
    command = f"featx fit --seeds {options.seeds}"
    environment = {"command": command, "features": [{"encoder": "model"}]}
    (run / "environment.json").write_text(json.dumps(environment))
    write_history(run, options.seeds, random)
    write_layers(run, options.seeds, random)
    results = write_predictions(run, 0.3 + 0.02 * number, options, random)
    (run / "metrics.json").write_text(json.dumps(results.to_json()))
    return run


def write_history(run: Path, seeds: int, random: np.random.Generator) -> None:
    header = (
        "seed",
        "fold",
        "epoch",
        "train_loss",
        "validation_loss",
        "validation_score",
        "seconds",
    )
    falling = np.exp(-np.arange(EPOCHS) / 10)
    rows = [
        [seed, fold, epoch + 1, *rounded([2 * falling[epoch] + noise, 1.2 + noise, 0.5, 0.8])]
        for seed in range(seeds)
        for fold in range(FOLDS)
        for epoch, noise in enumerate(random.random(EPOCHS).tolist())
    ]
    write(run / "history.csv", header, rows)


def write_layers(run: Path, seeds: int, random: np.random.Generator) -> None:
    rows = [
        [seed, fold, "model", layer, *rounded([weight])]
        for seed in range(seeds)
        for fold in range(FOLDS)
        for layer, weight in enumerate(random.dirichlet(np.full(LAYERS, 9)).tolist())
    ]
    write(run / "layer_weights.csv", ("seed", "fold", "features", "layer", "weight"), rows)


def write_predictions(
    run: Path, skill: float, options: argparse.Namespace, random: np.random.Generator
) -> Results:
    classes, count = len(CUSTOMARY), options.utterances
    labels, scored, rows = np.arange(count) % classes, [], []
    speakers = [f"{number % SPEAKERS + 1:02d}" for number in np.arange(count) // classes]
    for seed in range(options.seeds):
        logits = random.normal(size=(count, classes))
        logits[np.arange(count), labels] += 3 * skill * random.random(count)
        probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        predicted = probabilities.argmax(1)
        scored.append(SeedPredictions(labels, predicted, speakers))
        rows += [
            [f"u{n}", speakers[n], n % FOLDS, seed, split, CUSTOMARY[labels[n]],
             CUSTOMARY[predicted[n]], *rounded(probabilities[n].tolist())]
            for split in ("validation", "test")
            for n in range(count)
        ]  # fmt: skip
    header = ["utterance", "speaker", "fold", "seed", "split", "label", "prediction"]
    write(run / "predictions.csv", [*header, *(f"p_{label}" for label in CUSTOMARY)], rows)
    return score_predictions(f"{run.name}: synthetic", CUSTOMARY, scored, False)


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def draw(page: Path, chromium: str) -> tuple[float, float]:
    """Return the seconds until the first frame after loading, and until every table is laid out."""
    from playwright.sync_api import sync_playwright

    painted = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        begun = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="load")
        tab.evaluate(painted)
        first = time.perf_counter() - begun
        tab.add_style_tag(content=".part { content-visibility: visible !important }")
        tab.evaluate(painted)
        whole = time.perf_counter() - begun
        browser.close()
    return first, whole


if __name__ == "__main__":
    main()
