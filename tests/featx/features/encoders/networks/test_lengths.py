"""Where utterances' frames are in a batch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featx.features.encoders.networks.lengths import Lengths, arrange

FRAMES = st.lists(st.integers(1, 50), min_size=1, max_size=8)


@given(FRAMES)
@pytest.mark.parametrize("apart", [True, False])
def test_every_utterance_has_its_frames_and_shares_none(apart, frames):
    places = arrange(frames, apart)
    own = [[(place.row, frame) for frame in range(1000)[place.frames]] for place in places]
    assert list(map(len, own)) == frames
    assert len({frame for each in own for frame in each}) == sum(frames)


@given(FRAMES)
def test_nothing_is_padded_where_utterances_are_apart(frames):
    lengths = Lengths(frames, torch.device("cpu"), apart=True, step=8)
    assert lengths.mask is None
    assert lengths.longest == max(frames)
    assert (lengths.places[-1].row, lengths.places[-1].frames.stop) == (0, sum(frames))


def test_an_overflow_in_the_padding_harms_nobody():
    """Past an utterance's end there are frames of no one, whose values could be anything."""
    hidden = torch.full((2, 3, 4), torch.inf)
    hidden[0], hidden[1, :1] = 1, 2
    cleared = Lengths((3, 1), torch.device("cpu"), apart=False).clear(hidden)
    assert cleared[0].eq(1).all()
    assert cleared[1].tolist() == [[2] * 4, [0] * 4, [0] * 4]
