"""Pooling ignores neighbours; stores of different steps meet on the longest one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.pooling import (
    LEAST_VARIANCE,
    FrameAttention,
    align,
    pool_mean,
    pool_moments,
    pool_weighted_moments,
)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_mean_pooling_is_each_utterances_own_mean(lengths):
    parts = [torch.randn(length, 3) for length in lengths]
    pooled = pool_mean(torch.cat(parts), torch.tensor(lengths))
    expected = torch.stack([part.mean(0) for part in parts])
    torch.testing.assert_close(pooled, expected, rtol=1e-5, atol=1e-5)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_moments_are_each_utterances_own_mean_and_deviation(lengths):
    parts = [torch.randn(length, 3, requires_grad=True) for length in lengths]
    pooled = pool_moments(torch.cat(parts), torch.tensor(lengths))
    expected = torch.stack([torch.cat([p.mean(0), p.std(0, correction=0)]) for p in parts])
    torch.testing.assert_close(pooled, expected, rtol=1e-4, atol=2 * LEAST_VARIANCE**0.5)
    pooled.sum().backward()
    assert all(part.grad.isfinite().all() for part in parts)  # also of a single frame


@pytest.mark.parametrize(
    ("lengths", "message"), [([3, 0], "no frames"), ([2, 2], "add up to 4, there are 3")]
)
def test_mean_pooling_refuses_lengths_that_do_not_fit(lengths, message):
    with pytest.raises(ValueError, match=message):
        pool_mean(torch.ones(3, 2), torch.tensor(lengths))


def aligned(lengths, steps):
    """Align frames that hold their own number."""
    frames = [
        torch.cat([torch.arange(n, dtype=torch.float32) for n in each])[:, None] for each in lengths
    ]
    values, counts = align(frames, [torch.tensor(each) for each in lengths], list(steps))
    return [frames[:, 0].tolist() for frames in values], counts.tolist()


def test_equal_steps_are_cut_to_the_shorter_store():
    values, counts = aligned([[4, 2], [3, 5]], (0.02, 0.02))
    assert values == [[0, 1, 2, 0, 1], [0, 1, 2, 0, 1]]
    assert counts == [3, 2]


def test_a_faster_store_is_averaged_in_pairs():
    values, counts = aligned([[2], [5]], (0.02, 0.01))
    assert values == [[0, 1], [0.5, 2.5]]
    assert counts == [2]
    values, _ = aligned([[3], [5]], (0.02, 0.01))
    assert values[1] == [0.5, 2.5, 4]  # the last one alone


def test_steps_that_are_no_multiples_meet_by_where_frames_begin():
    values, counts = aligned([[2], [4]], (0.025, 0.01))
    assert values == [[0, 1], [1, 3]]  # 0, 10 and 20 ms; 30 ms
    assert counts == [2]


def test_one_frame_an_utterance_is_repeated():
    values, counts = aligned([[3, 1], [1, 1]], (0.02, 0.0))
    assert values == [[0, 1, 2, 0], [0, 0, 0, 0]]
    assert counts == [3, 1]
    assert aligned([[1, 1], [1, 1]], (0.0, 0.0))[1] == [1, 1]


@settings(max_examples=30)
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_slopes_of_moments_are_right(lengths):
    frames = torch.randn(sum(lengths), 3, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(lambda given: pool_moments(given, torch.tensor(lengths)), (frames,))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_attention_weighs_each_utterance_alone(lengths):
    attention = FrameAttention(3)
    parts = [torch.randn(length, 3) for length in lengths]
    pooled = pool_weighted_moments(
        torch.cat(parts), attention(torch.cat(parts), torch.tensor(lengths))
    )
    alone = [
        pool_weighted_moments(part, attention(part, torch.tensor([len(part)]))) for part in parts
    ]
    torch.testing.assert_close(pooled, torch.cat(alone), rtol=1e-4, atol=1e-4)


def test_even_attention_is_mean_and_deviation():
    frames, lengths = torch.randn(7, 3), torch.tensor([3, 4])
    attention = FrameAttention(3)
    torch.nn.init.zeros_(attention.score.weight)
    pooled = pool_weighted_moments(frames, attention(frames, lengths))
    torch.testing.assert_close(pooled, pool_moments(frames, lengths), rtol=1e-4, atol=1e-4)
