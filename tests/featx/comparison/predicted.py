"""Prediction files of six utterances, and what is made of them."""

import csv
from pathlib import Path

import pytest

from featx.comparison.evaluate import evaluate
from featx.errors import FeatxError

LABELS = {"a": "sad", "b": "happy", "c": "sad", "d": "happy", "e": "angry", "f": "angry"}


SPEAKERS = {name: f"s{number // 2}" for number, name in enumerate(LABELS)}


def write(path: str | Path, rows: list[dict[str, object]]) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def predict(names: str = "abcdef", wrong: str = "", **columns: object) -> list[dict[str, object]]:
    """Rows whose predictions are right, but "sad" for those in `wrong`."""
    return [
        {
            "utterance": name,
            "label": LABELS[name],
            "prediction": "sad" if name in wrong else LABELS[name],
            **columns,
        }
        for name in names
    ]


def only(*paths: str | Path, manifest: Path | None = None):
    (system,) = evaluate([Path(path) for path in paths], manifest).systems
    return system


def refusal(*paths: str, manifest: Path | None = None) -> str:
    with pytest.raises(FeatxError) as caught:
        evaluate([Path(path) for path in paths], manifest)
    return str(caught.value)
