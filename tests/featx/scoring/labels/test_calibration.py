"""Temperatures of labels mend what is too sure of itself, and change no decision."""

import csv
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

import featx
from featx.scoring.labels.calibration import cool_labels, find_label_temperatures, judge_labels
from featx.scoring.reliability import CalibrationErrors

SHARPNESS = (0.3, 1.0, 4.0)


def test_each_label_has_the_temperature_that_undoes_how_much_too_sure_it_is():
    generator = np.random.default_rng(0)
    logits = generator.standard_normal((40000, 3)) * 1.5
    fits = generator.random(logits.shape) < expit(logits)
    probabilities = expit(logits * SHARPNESS).astype(np.float32)
    temperatures = find_label_temperatures(probabilities, fits)
    np.testing.assert_allclose(temperatures, SHARPNESS, rtol=0.05)
    cooled = cool_labels(probabilities, temperatures)
    np.testing.assert_allclose(cooled, expit(logits), atol=0.03)
    before, after = (judge_labels(own, fits) for own in (probabilities, cooled))
    assert before[2].error > 10
    assert max(own.error for own in after) < 3


@given(seed=st.integers(0, 1000), heat=st.lists(st.floats(0.05, 20), min_size=3, max_size=3))
def test_temperatures_keep_decisions_and_the_order_of_utterances(seed, heat):
    logits = np.random.default_rng(seed).normal(0, 4, (20, 3))
    probabilities = expit(logits).astype(np.float32)
    cooled = cool_labels(probabilities, heat)
    clear = np.abs(logits) > 1e-4  # nearer to 0.5 rounding decides
    assert ((cooled >= 0.5) == (probabilities >= 0.5))[clear].all()
    for own, other in zip(probabilities.T, cooled.T, strict=True):
        assert (np.diff(other[np.argsort(own)]) >= 0).all()
    assert (cool_labels(probabilities, (1.0, 1.0, 1.0)) == probabilities).all()


@pytest.mark.filterwarnings("error")
def test_probabilities_that_float32_rounds_to_0_or_1_have_a_logit():
    logits = np.array([[-200.0], [-60.0], [-5.0], [5.0], [17.0], [60.0]])
    with np.errstate(over="ignore"):
        cooled = cool_labels(expit(logits).astype(np.float32), [10.0])
    assert np.isfinite(cooled).all()
    np.testing.assert_allclose(cooled[1:5], expit(logits[1:5] / 10), atol=0.01)
    assert cooled[5] == pytest.approx(expit(1.733), abs=1e-3)  # its logit is lost, and 17.3 taken
    assert cooled[0] < 0.002


def test_labels_that_are_all_right_or_all_wrong_have_a_temperature():
    sure = np.array([[0.9, 0.9, 0.2], [0.1, 0.1, 0.1]], np.float32)
    fits = np.array([[True, False, False], [False, True, False]])
    right, wrong, absent = find_label_temperatures(sure, fits)
    assert (right, absent) == (1, 1)
    assert wrong > 10


def test_the_error_of_a_label_counts_what_it_says_of_those_it_does_not_fit():
    shares = np.repeat([[0.1, 0.1]], 10, 0)
    fits = np.stack([np.arange(10) < 1, np.arange(10) < 5], 1)
    assert [own.error for own in judge_labels(shares, fits)] == pytest.approx([0, 40])
    mean = CalibrationErrors.mean([CalibrationErrors(0, 1), CalibrationErrors(40, 2)])
    assert mean == (20, 1.5)


def test_a_run_finds_temperatures_on_validation_utterances_alone(extracted, relabel):
    def tossed(row):  # a label that nothing in the sound tells, and another that all of it does
        return int(zlib.crc32(row["utterance"].encode()) % 3 == 0)

    relabel(lambda row: {**row, "tossed": tossed(row), "low": int(row["label"] == "sad")})
    settings = ("training.epochs=6", "training.learning_rate=0.02")
    several = {"target": ["tossed", "low"], "task": "multilabel", "folds": 3}
    run = featx.fit("dense", settings=settings, seeds=2, **several)
    kept = json.loads((run.folder / "calibration.json").read_text())
    with (run.folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [name.removeprefix("p_") for name in rows[0] if name.startswith("p_")]

    def part(member, split):
        own = [r for r in rows if (r["seed"], r["fold"], r["split"]) == (*member, split)]
        shares = [[float(row[f"p_{name}"]) for name in labels] for row in own]
        fits = [[name in row["labels"].split("|") for name in labels] for row in own]
        return np.array(shares, np.float32), np.array(fits)

    before, after, truth = [], [], []
    for entry in kept["temperatures"]:
        member = str(entry["seed"]), str(entry["fold"])
        own = find_label_temperatures(*part(member, "validation"))
        assert [entry["temperatures"][name] for name in labels] == pytest.approx(own, rel=1e-3)
        shares, fits = part(member, "test")
        before.append(shares)
        after.append(cool_labels(shares, own))
        truth.append(fits)
    assert len(before) == 6
    errors = kept["expected_calibration_error"]
    for name, given_before, given_after in zip(
        labels,
        *(judge_labels(np.concatenate(s), np.concatenate(truth)) for s in (before, after)),
        strict=True,
    ):
        assert errors["labels"][name]["before"] == pytest.approx(given_before.error, abs=0.01)
        assert errors["labels"][name]["after"] == pytest.approx(given_after.error, abs=0.01)
    assert errors["labels"]["tossed"]["after"] < errors["labels"]["tossed"]["before"]

    results = run.results
    scores = json.loads((run.folder / "metrics.json").read_text())
    assert scores["expected_calibration_error"] == errors
    assert featx.Run(run.folder).results.calibration_errors == results.calibration_errors
    (system,) = featx.evaluate(run.folder).systems
    assert system.results.calibration_errors == results.calibration_errors
    for text in (results.to_text(), featx.evaluate(run.folder).to_text()):
        shown = [line.split() for line in text.splitlines()]
        assert ["mean", f"{errors['before']:.1f}", "%", f"{errors['after']:.1f}", "%"] in shown
