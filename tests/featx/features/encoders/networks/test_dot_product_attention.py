"""Attention in pieces is attention."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.features.encoders.networks import dot_product_attention
from featx.features.encoders.networks.dot_product_attention import attend

SIZES = st.integers(1, 70)


@settings(max_examples=50, deadline=None)
@given(
    queries=SIZES,
    frames=SIZES,
    heads=st.integers(1, 4),
    windows=st.integers(1, 2),
    dim=st.sampled_from([1, 7, 8]),
    scores=st.sampled_from([1, 100, 2000, 2**20]),
    dtype=st.sampled_from([torch.bfloat16, torch.float16]),
    by=st.sampled_from(["nothing", "frame", "head"]),
)
def test_pieces_of_any_size_give_the_whole(queries, frames, heads, windows, dim, scores, dtype, by):
    """Some heads of a window at once, a single one, or some of its queries."""
    generator = torch.Generator().manual_seed(queries * 100 + frames)
    shapes = [(windows, heads, count, dim) for count in (queries, frames, frames)]
    query, key, value = (torch.randn(shape, generator=generator).to(dtype) for shape in shapes)
    shape = (windows, heads, queries, frames) if by == "head" else (windows, 1, 1, frames)
    added = torch.randn(shape, generator=generator).to(dtype) if by != "nothing" else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dot_product_attention, "SCORES", scores)
        mixed = attend(query, key, value, added)
    expected_scores = query.double() @ key.double().mT + (0 if added is None else added.double())
    weights = expected_scores.softmax(-1)
    expected = (weights @ value.double()).transpose(1, 2).flatten(2)
    torch.testing.assert_close(mixed.double(), expected, atol=0.05, rtol=0.05)


def test_a_frame_that_is_not_to_be_seen_changes_nothing():
    query, key, value = torch.randn(3, 1, 2, 40, 8).bfloat16()
    added = torch.zeros(1, 1, 1, 40).bfloat16()
    added[..., 25:] = -torch.inf
    hidden = attend(query, key, value, added)
    key[:, :, 25:], value[:, :, 25:] = 3.0, 100.0
    torch.testing.assert_close(attend(query, key, value, added), hidden, rtol=0, atol=0)
