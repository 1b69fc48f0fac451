"""Moments are exact to float64, in any grouping."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.statistics import add_up, measure, statistics_of


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    offset=st.sampled_from([0.0, 1.0, -300.0, 2000.0]),
    dtype=st.sampled_from([np.float16, np.float32]),
    cut=st.integers(0, 6),
)
def test_moments_add_up_to_those_of_all_frames(lengths, offset, dtype, cut):
    generator = np.random.default_rng(len(lengths))
    parts = [(generator.standard_normal((2, n, 3)) + offset).astype(dtype) for n in lengths]
    together = np.concatenate(parts, 1).astype(np.float64)
    measured = [measure(part) for part in parts]
    halves = [add_up(half) for half in (measured[:cut], measured[cut:]) if half]
    for whole in (add_up(measured), add_up(halves)):
        assert whole.frames == sum(lengths)
        variance = together.var(1)
        close = 1e-13 * np.sqrt(variance.max())
        np.testing.assert_allclose(whole.mean, together.mean(1), rtol=1e-13, atol=close)
        np.testing.assert_allclose(
            whole.squares / whole.frames, variance, rtol=1e-10, atol=1e-10 * variance.max()
        )


def test_statistics_are_mean_and_population_deviation():
    values = np.array([[[1.0], [3.0], [8.0]]], np.float32)
    statistics = statistics_of([measure(values)])
    assert statistics.mean.item() == pytest.approx(4)
    assert statistics.deviation.item() == pytest.approx(np.std([1, 3, 8]))


def test_a_feature_that_never_varies_is_only_centred():
    constant = measure(np.full((1, 9, 2), 0.1, np.float16))
    statistics = statistics_of([constant + constant])
    assert statistics.deviation.tolist() == [[[1, 1]]]
