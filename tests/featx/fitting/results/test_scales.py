"""The scale of layers."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifiers.statistics import measure
from featx.data.manifest import Utterance
from featx.fitting.inputs.standardise import Cells
from featx.fitting.results.scales import layer_scales
from featx.protocols.fold import Fold

LAYERS, DIM = 3, 4


def cells_of(features: dict[str, np.ndarray]) -> tuple[Cells, Fold]:
    """Return a fold whose training speakers have these features, and its cells' moments."""
    utterances = tuple(Utterance(name, Path(), name, "sad") for name in features)
    fold = Fold(0, utterances[:-1], (), utterances[-1:])
    parts = ["train"] * (len(features) - 1) + ["test"]
    moments = {
        (name, "", part): measure(values)
        for (name, values), part in zip(features.items(), parts, strict=True)
    }
    return Cells(moments, [fold]), fold


def draw(seed: int, speakers: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    sizes = generator.uniform(0.1, 10, (LAYERS, 1, DIM))
    return {
        f"s{n}": generator.normal(n, sizes, (LAYERS, 5 + n, DIM)).astype(np.float32)
        for n in range(speakers)
    }


@given(seed=st.integers(0, 2**32 - 1), speakers=st.integers(2, 4))
def test_unstandardised_layers_have_the_deviation_of_their_training_frames(seed, speakers):
    features = draw(seed, speakers)
    cells, fold = cells_of(features)
    frames = np.concatenate(list(features.values())[:-1], axis=1).astype(float)
    expected = np.sqrt((frames.std(1) ** 2).mean(1))
    np.testing.assert_allclose(layer_scales(cells, fold, "none"), expected, rtol=1e-6)


@given(seed=st.integers(0, 2**32 - 1), speakers=st.integers(2, 4))
def test_standardised_layers_have_the_scale_of_what_varies(seed, speakers):
    features = draw(seed, speakers)
    features["s0"][0, :, 0] = 7  # for this speaker alone
    for values in features.values():
        values[1, :, :2] = 7  # for everyone
    cells, fold = cells_of(features)
    training = list(features.values())[:-1]

    def standardised(values, by):
        spread = by.std(1, keepdims=True)
        return (values - by.mean(1, keepdims=True)) / np.where(spread > 1e-6, spread, 1)

    own = np.concatenate([standardised(v.astype(float), v.astype(float)) for v in training], 1)
    whole = np.concatenate(training, 1).astype(float)
    for normalize, frames in (("speaker", own), ("global", standardised(whole, whole))):
        expected = np.sqrt((frames.std(1) ** 2).mean(1))
        np.testing.assert_allclose(layer_scales(cells, fold, normalize), expected, rtol=1e-6)
