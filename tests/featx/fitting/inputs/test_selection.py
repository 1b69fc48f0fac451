"""What is read of a store: neighbouring frames may be averaged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featx.features.planning.reduction import average_frames


@given(frames=st.integers(1, 20), count=st.integers(1, 25))
def test_each_average_is_of_its_own_frames(frames, count):
    features = np.random.default_rng(frames).standard_normal((2, frames, 3)).astype(np.float16)
    averages = average_frames(features, count)
    pieces = np.split(features.astype(np.float64), range(count, frames, count), 1)
    expected = np.stack([piece.mean(1) for piece in pieces], 1)
    assert averages.dtype == np.float32
    np.testing.assert_allclose(averages, expected, atol=1e-6)
