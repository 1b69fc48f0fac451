"""The machine of few steps is liblinear's, and it ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from classifiers.machine import fit_machines

STRENGTHS = (1e-4, 1e-2, 1.0)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 4),
    utterances=st.integers(8, 30),
    copies=st.integers(1, 3),
)
def test_it_finds_what_liblinear_finds(seed, classes, utterances, copies):
    """Also where utterances repeat, so that their products have no inverse."""
    generator = np.random.default_rng(seed)
    features = np.repeat(generator.standard_normal((utterances, 40)), copies, 0)
    labels = np.arange(utterances) % classes * 10  # any class indices
    labels = np.repeat(labels, copies)
    found = fit_machines(features, labels, STRENGTHS)
    for strength, (weights, offsets, solved) in zip(STRENGTHS, found, strict=True):
        assert solved
        expected = LinearSVC(
            C=strength, class_weight="balanced", dual=False, tol=1e-10, max_iter=100_000
        ).fit(features, labels)
        np.testing.assert_allclose(weights, expected.coef_, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(offsets, expected.intercept_, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("strength", [1e-8, 1e8])
def test_extreme_strengths_end(strength):
    generator = np.random.default_rng(0)
    features, labels = generator.standard_normal((30, 100)) * 100, np.arange(30) % 3
    ((weights, offsets, _),) = fit_machines(features, labels, [strength])
    assert np.isfinite(weights).all()
    assert np.isfinite(offsets).all()
