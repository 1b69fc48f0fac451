"""Weights of layers as heads would have learned them, and the rows of tables."""

import csv
from pathlib import Path

import numpy as np

from featx.layer_analysis.weights import LayerWeights


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def made(encoder="a", corpus="x", run="r", asr=False, heads=3, layers=4, scaled=True):
    draw = np.random.default_rng(0)
    weights = draw.dirichlet(np.ones(layers), heads)
    scales = draw.uniform(1, 2, weights.shape) if scaled else None
    names = tuple(map(str, range(layers)))
    manifest = Path(f"{corpus}.csv")
    return LayerWeights(Path("runs", run), manifest, encoder, encoder, asr, names, weights, scales)
