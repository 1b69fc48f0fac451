"""A run with final heads predicts with them, and with those of a fold where one is named."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import featx
from cache import FeatureStore
from featx.errors import FeatxError
from featx.scoring.classes.calibration import cool

STORE = Path("features/manifest/encoder")


@pytest.fixture
def model(place, made_once):
    """The heads of a run of two seeds and three folds with final heads."""
    fit = partial(
        featx.fit, "dense", ["encoder"], folds=3, settings="training.epochs=3", name="made",
        seeds=2, final=True,
    )  # fmt: skip
    made_once("with-final", fit, Path("runs/made"))
    return featx.load("runs/made")


def given_by(model, seed, fold) -> np.ndarray:
    """Return the probabilities of a head of a seed, of a fold or the final one."""
    everyone = (*model.heads.members, *model.heads.cross_validated)
    (member,) = (m for m in everyone if (m.seed, m.fold) == (seed, fold))
    store = FeatureStore(STORE)
    names = store.utterances
    selections = model.heads.select([store])
    return model.heads.member_probabilities(member, selections, names, [""] * len(names)).numpy()


def predicted(model, **options: object) -> np.ndarray:
    rows = model.predict(STORE, **options)
    return np.array([[row.probabilities[name] for name in model.classes] for row in rows])


def test_the_final_heads_predict_unless_a_fold_is_named(model):
    assert [(m.seed, m.fold) for m in model.heads.members] == [(0, None), (1, None)]
    finals = [given_by(model, seed, None) for seed in (0, 1)]
    np.testing.assert_allclose(predicted(model), np.mean(finals, 0), atol=1e-6)
    np.testing.assert_allclose(predicted(model, seed=1), finals[1], atol=1e-6)


def test_a_named_fold_is_that_of_cross_validation(model):
    both = [given_by(model, seed, 2) for seed in (0, 1)]
    np.testing.assert_allclose(predicted(model, fold=2), np.mean(both, 0), atol=1e-6)
    np.testing.assert_allclose(predicted(model, fold=2, seed=0), both[0], atol=1e-6)
    with pytest.raises(FeatxError, match="It has seeds 0, 1 and folds 0, 1, 2"):
        model.predict(STORE, fold=3)


def test_calibrated_final_heads_have_their_own_temperature(model):
    entries = json.loads((model.folder / "calibration.json").read_text())["temperatures"]
    (own,) = (e["temperature"] for e in entries if (e["seed"], e["fold"]) == (1, None))
    given = predicted(model, seed=1, calibrated=True)
    np.testing.assert_allclose(given, cool(given_by(model, 1, None), own), atol=1e-6)


def test_a_missing_temperature_of_a_final_head_is_said(model):
    path = model.folder / "calibration.json"
    table = json.loads(path.read_text())
    table["temperatures"] = [e for e in table["temperatures"] if e["fold"] is not None]
    path.write_text(json.dumps(table))
    with pytest.raises(FeatxError, match="no temperature of seed 0, its final model"):
        model.predict(STORE, calibrated=True, seed=0)
    assert len(model.predict(STORE, calibrated=True, fold=0).labels) == 18
