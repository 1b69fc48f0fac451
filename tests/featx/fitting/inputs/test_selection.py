"""What is read of a store: neighbouring frames may be averaged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featx.features.planning.reduction import average_frames
from featx.fitting.inputs.selection import Stored


def test_what_may_not_stay_is_given_back_when_it_is_in_use_no_more():
    given_back = []

    class Selected:
        def read(self, utterance):
            return utterance

        def expect(self, utterance):
            pass

        def release(self, utterance):
            given_back.append(utterance)

    streamed = Stored(Selected(), "abcdefgh", keep=False)
    groups = [[0, 1], [2], [3, 4], [5], [6, 7]]
    for place, _ in enumerate(streamed.in_groups(groups, in_use=2)):
        before = [index for group in groups[: max(0, place - 2)] for index in group]
        assert given_back == ["abcdefgh"[index] for index in before]


@given(frames=st.integers(1, 20), count=st.integers(1, 25))
def test_each_average_is_of_its_own_frames(frames, count):
    features = np.random.default_rng(frames).standard_normal((2, frames, 3)).astype(np.float16)
    averages = average_frames(features, count)
    pieces = np.split(features.astype(np.float64), range(count, frames, count), 1)
    expected = np.stack([piece.mean(1) for piece in pieces], 1)
    assert averages.dtype == np.float32
    np.testing.assert_allclose(averages, expected, atol=1e-6)
