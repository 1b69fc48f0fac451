"""A store that holds its labels in one layer only, and the figures that are drawn."""

from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest

from cache import FeatureStore
from featx.data.manifest import load_manifest

LABELS = ("angry", "happy", "sad")


@pytest.fixture
def one_layer_tells(extracted):
    """The tiny store with noise in place of features: layer 1 follows the label, 2 is large."""
    store = FeatureStore(Path("features/manifest/tiny"))
    noise = np.random.default_rng(0)
    for utterance in load_manifest(Path("manifest.csv")).utterances:
        name = utterance.utterance
        values = noise.standard_normal((3, store.frames(name), store.layout.dim))
        values[1, :, LABELS.index(utterance.label) :: 3] += 3
        values[2] *= 10
        store.write(name, values.astype(np.float32))
    store.flush()


@pytest.fixture
def drawn(monkeypatch) -> list[matplotlib.figure.Figure]:
    """The figures that are written."""
    figures: list[matplotlib.figure.Figure] = []
    monkeypatch.setattr(
        "featx.layer_analysis.figures.save", lambda figure, path: figures.append(figure)
    )
    return figures
