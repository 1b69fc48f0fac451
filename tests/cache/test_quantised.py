"""Features in 8 bits are near what they were, whatever their mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cache import FeatureStore, Layout, PlannedUtterance, StoreError
from cache.shards.quantised import STEPS, quantise, restore
from tests.cache.small import PLAN, fill, prepare

LAYOUT = Layout(("0", "1", "2"), 4, "int8")


def values(planned: PlannedUtterance, _: Layout = LAYOUT) -> np.ndarray:
    noise = np.random.default_rng(planned.samples).standard_normal((3, planned.frames, 4))
    return (noise * [1, 10, 0.01, 0] + [0, 5, 300, 7]).astype(np.float32)


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 4)),
        elements=st.floats(-(2.0**127), 2.0**127, width=32),
    )
)
def test_no_value_is_off_by_more_than_half_a_step(features):
    found = quantise(features)
    off = np.abs(restore(found).astype(np.float64) - features)
    rounding = 2e-6 * np.abs(features.astype(np.float64)).max(1, keepdims=True)
    assert (off <= found.scale[:, None].astype(np.float64) / 2 + rounding).all()
    again = restore(quantise(restore(found)))
    least = STEPS * 2.0**-149  # as a scale is a whole number of float32's smallest steps
    np.testing.assert_allclose(again, restore(found), rtol=0, atol=rounding.max() + least)


def test_a_feature_that_does_not_vary_stays_what_it_is():
    found = quantise(np.full((1, 5, 1), 0.1, np.float32))
    assert (restore(found) == np.float32(0.1)).all()


def test_a_store_reads_what_was_rounded_and_only_the_rows_asked_for(tmp_path):
    fill(prepare(tmp_path, layout=LAYOUT), features=values)
    store = FeatureStore(tmp_path)
    assert store.is_copied
    for planned in PLAN:
        expected = restore(quantise(values(planned)))
        found = store.read(planned.utterance)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)
        for rows in ([1], [0, 2], [1, 2]):
            np.testing.assert_array_equal(store.read(planned.utterance, rows), expected[rows])
    assert store.damaged() == []
    assert store.nbytes == sum(planned.frames for planned in PLAN) * 3 * 4


def test_the_plan_counts_scales_too():
    assert LAYOUT.nbytes(10, 2) == 3 * 4 * (10 + 2 * 8)


def test_what_is_not_finite_is_refused(tmp_path):
    store = prepare(tmp_path, layout=LAYOUT)
    wrong = values(PLAN[2])
    wrong[1, 0, 0] = np.nan
    with pytest.raises(StoreError, match="layer 1 has values that are not finite"):
        store.write("u2", wrong)
    assert not store.is_done("u2")
