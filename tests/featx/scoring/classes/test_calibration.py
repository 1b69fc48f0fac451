"""Temperatures mend what is too sure of itself, and change no label."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

import featx
from featx.errors import FeatxError
from featx.scoring.classes.calibration import cool, find_temperature
from featx.scoring.reliability import Reliability


def drawn(count, sharpness, seed=0):
    """Labels drawn from known probabilities, and these with larger logits."""
    generator = np.random.default_rng(seed)
    logits = generator.standard_normal((count, 4)) * 2
    honest = softmax(logits, 1)
    labels = np.array([generator.choice(4, p=row) for row in honest])
    return softmax(sharpness * logits, 1), honest, labels


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_the_temperature_undoes_how_much_too_sure_a_model_is(sharpness):
    given_probabilities, honest, labels = drawn(8000, sharpness)
    temperature = find_temperature(given_probabilities, labels)
    assert temperature == pytest.approx(sharpness, rel=0.06)
    np.testing.assert_allclose(cool(given_probabilities, temperature), honest, atol=0.03)


@given(seed=st.integers(0, 1000), temperature=st.floats(0.05, 20))
def test_a_temperature_keeps_the_order_of_classes(seed, temperature):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(5), 7)
    cooled = cool(probabilities, temperature)
    np.testing.assert_allclose(cooled.sum(1), 1, atol=1e-5)
    assert (cooled.argmax(1) == probabilities.argmax(1)).all()
    np.testing.assert_allclose(cool(probabilities, 1.0), probabilities, atol=1e-6)


def test_labels_that_are_all_right_or_all_wrong_have_a_temperature():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert find_temperature(sure, np.array([0, 1])) == 1
    assert find_temperature(sure, np.array([1, 0])) > 10


def test_the_error_is_the_gap_between_sureness_and_hits():
    half = Reliability(np.full(10, 0.9), np.arange(10) < 5)
    assert half.error == pytest.approx(40)
    assert half.bins() == [(pytest.approx(0.9), 0.5, 10)]
    mixed = Reliability(np.array([0.3, 0.3, 0.8, 0.8]), np.array([False, False, True, True]))
    assert mixed.error == pytest.approx(50 * 0.3 + 50 * 0.2)
    assert mixed.answered(0.5) == (0.5, 1.0)
    assert mixed.answered(0.0) == (1.0, 0.5)
    assert mixed.answered(0.9) == (0.0, None)


def test_a_run_keeps_temperatures_and_predicts_with_them(extracted):
    run = featx.fit("dense", folds=3, settings="training.epochs=3", name="made")
    stored = "features/manifest/tiny"
    plain, mended = (featx.predict(run, stored, calibrated=c) for c in (False, True))
    kept = json.loads((run.folder / "calibration.json").read_text())["expected_calibration_error"]
    scores = json.loads((run.folder / "metrics.json").read_text())
    assert scores["expected_calibration_error"] == kept
    shown = [line.split() for line in run.results.to_text().splitlines()]
    assert ["calibration", "error", f"{kept['before']:.1f}", "%"] in shown
    assert ["with", "temperatures", f"{kept['after']:.1f}", "%"] in shown
    assert featx.Run(run.folder).results.calibration_errors == tuple(kept.values())
    assert [r.probability for r in plain] != [r.probability for r in mended]
    only = featx.predict(run, stored, calibrated=True, fold=1)
    assert only.labels == featx.predict(run, stored, fold=1).labels  # a single model's order stays
    (run.folder / "calibration.json").write_text("{}")
    with pytest.raises(FeatxError, match=r"calibration.json.*damaged"):
        featx.predict(run, stored, calibrated=True)
    Path(run.folder / "calibration.json").unlink()
    with pytest.raises(FeatxError, match=r"`calibrated`.*has no calibration.json"):
        featx.predict(run, stored, calibrated=True)
