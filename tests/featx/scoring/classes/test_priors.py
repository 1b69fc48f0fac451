"""Probabilities under other priors: exact where the model is, and estimated from what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from featx.scoring.classes.priors import correct_priors, estimate_priors

MEANS = np.array([-1.0, 0.5, 2.0])


def draw(priors, count=4000):
    """Draw classes and a feature that is normally distributed in each."""
    generator = np.random.default_rng(0)
    labels = generator.choice(3, count, p=priors)
    return MEANS[labels] + generator.standard_normal(count), labels


def posteriors(values, priors):
    likely = norm.pdf(values[:, None] - MEANS) * priors
    return likely / likely.sum(1, keepdims=True)


@given(
    before=st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
    after=st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
)
def test_correction_is_bayes_rule(before, after):
    before, after = (np.array(given) / sum(given) for given in (before, after))
    values = np.linspace(-3, 4, 20)
    found = correct_priors(posteriors(values, before), before, after)
    np.testing.assert_allclose(found, posteriors(values, after), atol=1e-12)
    back = correct_priors(found, after, before)
    np.testing.assert_allclose(back, posteriors(values, before), atol=1e-9)


def test_priors_are_estimated_without_labels():
    before, after = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.2, 0.7])
    values, labels = draw(after)
    given = posteriors(values, before)
    found = estimate_priors(given, before)
    np.testing.assert_allclose(found, after, atol=0.04)
    right = [(p.argmax(1) == labels).mean() for p in (given, correct_priors(given, before, found))]
    assert right[1] > right[0] + 0.1


def test_where_nothing_has_changed_hardly_anything_is_corrected():
    before = np.array([0.6, 0.3, 0.1])
    values, _ = draw(before)
    np.testing.assert_allclose(
        estimate_priors(posteriors(values, before), before), before, atol=0.04
    )


@pytest.mark.filterwarnings("error")
def test_a_class_that_training_lacked_stays_out():
    before = np.array([0.5, 0.5, 0.0])
    given = np.array([[1.0, 0.0, 0.0], [0.2, 0.8, 0.0]])
    assert estimate_priors(given, before)[2] == 0
    assert correct_priors(given, before, np.array([0.2, 0.2, 0.6]))[:, 2].tolist() == [0, 0]
