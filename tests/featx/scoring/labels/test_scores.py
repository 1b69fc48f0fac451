"""Scores where several labels may fit, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from featx.scoring.labels.results import score_label_predictions
from featx.scoring.labels.scores import SeedLabels, average_precision, score_labels


def draw(seed, utterances=30, labels=3):
    generator = np.random.default_rng(seed)
    fits = generator.random((utterances, labels)) < 0.4
    fits[0] = True
    probabilities = np.round(generator.random((utterances, labels)), 1)  # with ties
    return SeedLabels.at(fits, probabilities, [f"s{n % 5}" for n in range(utterances)])


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_they_are_those_of_scikit_learn(seed):
    given = draw(seed)
    scores, found = score_labels([given]), given.probabilities >= 0.5
    expected = {
        "macro_f1": f1_score(given.fits, found, average="macro", zero_division=0),
        "micro_f1": f1_score(given.fits, found, average="micro", zero_division=0),
        "map": average_precision_score(given.fits, given.probabilities),
    }
    for name, value in expected.items():
        assert scores[name].mean == pytest.approx(100 * value)
        assert scores[name].low <= scores[name].high


@given(seed=st.integers(0, 2**32 - 1))
def test_average_precision_takes_weights(seed):
    given = draw(seed)
    weights = np.random.default_rng(seed).integers(0, 3, (4, 30))
    weights[:, 0] = 1
    fits, scores = given.fits[:, 0], given.probabilities[:, 0]
    expected = [average_precision_score(fits, scores, sample_weight=row) for row in weights]
    np.testing.assert_allclose(average_precision(fits, scores, weights), expected)


def test_each_label_is_shown_with_its_figures_and_one_that_never_fits():
    given = draw(0)
    given.fits[:, 2] = False
    results = score_label_predictions("title", ("a", "b", "c"), [given, draw(0)], False)
    assert results.labels["c"]["utterances"] == draw(0).fits[:, 2].sum() / 2
    assert results.to_json()["task"] == "multilabel"
    text = results.to_text()
    assert "mean average precision" in text
    assert "95 % over speakers" in text
    single = score_label_predictions("title", ("a", "b", "c"), [given], False)
    assert single.labels["c"]["recall"] == 0
    assert single.labels["c"]["average_precision"] == 0
