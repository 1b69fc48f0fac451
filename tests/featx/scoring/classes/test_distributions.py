"""Scores against distributions of votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from featx.scoring.classes.distributions import (
    SeedShares,
    is_in_top,
    jensen_shannon,
    score_distributions,
)


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 8))
def test_divergence_is_the_square_of_scipys_distance(seed, classes):
    generator = np.random.default_rng(seed)
    first = generator.dirichlet([0.3] * classes, 5)
    second = np.eye(classes)[generator.integers(classes, size=5)]
    expected = [jensenshannon(p, q, base=2) ** 2 for p, q in zip(first, second, strict=True)]
    np.testing.assert_allclose(jensen_shannon(first, second), expected, atol=1e-9)
    np.testing.assert_allclose(jensen_shannon(second, first), expected, atol=1e-9)
    assert (jensen_shannon(first, first) < 1e-12).all()


def test_it_is_a_bit_where_nothing_is_common():
    assert jensen_shannon(np.array([1.0, 0, 0]), np.array([0, 0.5, 0.5])) == 1


def test_the_two_most_probable_classes_count():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    assert is_in_top(probabilities, np.array([1, 2, 2]), 2).tolist() == [True, False, True]
    assert is_in_top(probabilities, np.array([1, 2, 2]), 1).tolist() == [False, False, True]


def test_scores_are_means_over_utterances_with_intervals_over_speakers():
    generator = np.random.default_rng(0)
    shares = generator.dirichlet([1.0] * 3, 40)
    speakers = [f"s{n % 4}" for n in range(40)]
    labels = shares.argmax(1)
    guesses = generator.dirichlet([1.0] * 3, 40)
    seeds = [
        SeedShares(shares, given.astype(np.float32), labels, speakers)
        for given in (guesses, shares)
    ]
    scores = score_distributions(seeds)
    each = [float(np.mean(jensen_shannon(shares, given))) for given in (guesses, shares)]
    assert scores.jensen_shannon.mean == pytest.approx(np.mean(each), abs=1e-6)
    assert scores.jensen_shannon.std == pytest.approx(np.std(each, ddof=1), abs=1e-6)
    for score in scores:
        assert score.low < score.mean < score.high
    same = score_distributions(seeds[1:])
    assert same.top2.mean == same.top2.low == same.top2.high == 100
    assert same.jensen_shannon.high < 1e-6
