"""Logistic regression of few steps is scikit-learn's, solved to the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from classifiers.logistic import fit_logistic, turn
from classifiers.solvers import solve_linear

STRENGTHS = (1e-4, 1e-2, 1.0)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 4),
    utterances=st.integers(8, 30),
    width=st.sampled_from([3, 40]),
    copies=st.integers(1, 3),
)
def test_it_finds_what_scikit_learn_finds(seed, classes, utterances, width, copies):
    """Also where features differ in length, and where utterances repeat."""
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((utterances, width)) * 10.0 ** -np.linspace(0, 3, width)
    features = np.repeat(features, copies, 0)
    labels = np.repeat(np.arange(utterances) % classes * 10, copies)  # any class indices
    found = fit_logistic(features, labels, STRENGTHS)
    for strength, (weights, offsets, solved) in zip(STRENGTHS, found, strict=True):
        assert solved
        expected = LogisticRegression(
            C=strength, class_weight="balanced", solver="newton-cholesky", tol=1e-9, max_iter=1000
        ).fit(features, labels)
        np.testing.assert_allclose(weights, expected.coef_, rtol=1e-4, atol=1e-5)
        if classes > 2:  # a number added to all offsets changes nothing
            offsets = offsets - offsets.mean() + expected.intercept_.mean()
        np.testing.assert_allclose(offsets, expected.intercept_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("width", [5, 50])
def test_turning_keeps_products(width):
    features = np.random.default_rng(0).standard_normal((20, width))
    coordinates, axes = turn(features)
    np.testing.assert_allclose(coordinates @ axes, features, atol=1e-10)
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-6)


@pytest.mark.parametrize("strength", [1e2, 1e5, 1e8])
def test_weak_regularisation_is_solved_or_said_not_to_be(strength):
    """Where classes are told apart with ease, the loss flattens out by orders of magnitude."""
    generator = np.random.default_rng(0)
    features, labels = generator.standard_normal((120, 400)), np.arange(120) % 4
    expected = LogisticRegression(C=strength, solver="newton-cg", tol=1e-10, max_iter=5000)
    expected.fit(features, labels)

    def loss(rows, offsets):
        logs = log_softmax(features @ rows.T + offsets, 1)[np.arange(120), labels]
        return -logs.sum() + np.square(rows).sum() / (2 * strength)

    least = loss(expected.coef_, expected.intercept_)
    for path in ([strength], [1.0, strength]):
        *_, (rows, offsets, solved) = fit_logistic(features, labels, path)
        assert solved or strength > 1e5
        if solved:
            assert loss(rows, offsets) == pytest.approx(least, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("strength", [1e-8, 1e8])
def test_extreme_strengths_end(strength):
    generator = np.random.default_rng(0)
    features, labels = generator.standard_normal((30, 100)) * 100, np.arange(30) % 3
    ((weights, offsets, _),) = fit_logistic(features, labels, [strength])
    assert np.isfinite(weights).all()
    assert np.isfinite(offsets).all()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 6),
    width=st.sampled_from([20, 100]),
    absent=st.booleans(),
)
def test_votes_that_agree_are_labels_to_the_last_bit(seed, classes, width, absent):
    """At sizes at which sums in another order would differ."""
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((60, width)) * np.exp(generator.standard_normal(width))
    labels = np.arange(60) % classes
    count = classes + absent  # one that training lacks
    balance = 60 / (classes * np.maximum(np.bincount(labels, minlength=count), 1))
    hard, soft = (
        list(solve_linear("linear", features, given, (1e-2, 1.0), count, 0, balance=balance))
        for given in (labels, np.eye(count, dtype=np.float32)[labels])
    )
    for first, second in zip(hard, soft, strict=True):
        assert (first.matrix == second.matrix).all()
        assert (first.offset == second.offset).all()
