"""Averaging, standardising and dropping at once is what the written-out formulas say."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.batch import Input
from classifiers.dropout import KEEP, at, dropout
from classifiers.layer_average import LayerAverage, written_out
from classifiers.statistics import add_up, measure, statistics_of

DIM = 5


def make_input(
    lengths, layers: int, dtype=torch.float16, standardised: bool = True, offset: float = 3,
    dim: int = DIM,
) -> Input:  # fmt: skip
    """Utterances of two speakers whose layers differ in scale and lie apart, as in a store."""
    scale = torch.logspace(-1, 1, layers)[:, None, None]
    ends = np.cumsum([0, *lengths])
    stored = (scale * torch.randn(layers, ends[-1] + 3, dim) + offset * scale).to(dtype)
    features = [stored[:, begin:end] for begin, end in pairwise(ends)]
    if not standardised:
        return Input(features)
    owners = torch.tensor([index % 2 for index in range(len(lengths))])
    groups = [
        add_up(measure(f.numpy()) for f, o in zip(features, owners, strict=True) if o == owner)
        for owner in sorted(set(owners.tolist()))
    ]
    statistics = statistics_of(groups)
    return Input(features, statistics.mean[owners], statistics.deviation[owners])


def formula(raw: torch.Tensor, weighting: str, data: Input) -> torch.Tensor:
    """Pepino et al. 2021, eq. 1, of features standardised beforehand, in float64."""
    share = raw.softmax(0) if weighting == "softmax" else raw.abs() / raw.abs().sum()
    frames = []
    for index, features in enumerate(data.features):
        values = features.double()
        if data.mean is not None:
            values = (values - data.mean[index][:, None]) / data.deviation[index][:, None]
        frames.append(torch.einsum("l,lfd->fd", share, values))
    return torch.cat(frames)


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    layers=st.integers(2, 6),
    weighting=st.sampled_from(["absolute", "softmax"]),
    dtype=st.sampled_from([torch.float16, torch.float32]),
    standardised=st.booleans(),
    dim=st.sampled_from([5, 32, 70]),  # parts of 32 go another way than the rest
)
def test_average_and_gradient_are_those_of_the_formula(
    lengths, layers, weighting, dtype, standardised, dim
):
    data = make_input(lengths, layers, dtype, standardised, dim=dim)
    average = LayerAverage(layers, weighting)
    with torch.no_grad():
        average.raw.copy_(torch.randn(layers) + torch.tensor([1.5, -2.0] * 3)[:layers])
    slope = torch.randn(sum(lengths), dim)
    found = average(data)
    (found * slope).sum().backward()

    raw = average.raw.detach().double().requires_grad_()
    expected = formula(raw, weighting, data)
    (expected * slope).sum().backward()
    tolerance = {"rtol": 1e-5, "atol": 1e-5 * float(expected.detach().abs().max() + 1)}
    torch.testing.assert_close(found.double(), expected, **tolerance)
    size = float(raw.grad.abs().max()) + float((expected.detach() * slope).abs().sum())
    torch.testing.assert_close(average.raw.grad.double(), raw.grad, rtol=1e-5, atol=1e-5 * size)


def test_torchs_own_operations_give_the_same():
    data = make_input([4, 1, 7], 3)
    average = LayerAverage(3)
    scale = average.weights[:, None] / data.deviation
    written = written_out(data.mean, scale, data.features)
    torch.testing.assert_close(average(data), written)


def test_a_mean_far_from_zero_costs_no_digits():
    data = make_input([30, 50], 2, torch.float32, offset=1000)
    average = LayerAverage(2)
    expected = formula(average.raw.detach().double(), "absolute", data)
    torch.testing.assert_close(average(data).double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("weighting", ["absolute", "softmax"])
def test_it_begins_as_the_plain_mean(weighting):
    features = torch.randn(5, 7, DIM)
    average = LayerAverage(5, weighting)
    torch.testing.assert_close(average(Input([features])), features.mean(0))
    assert average.weights.sum().item() == pytest.approx(1)


def test_standardised_features_have_mean_zero_and_deviation_one():
    data = make_input([40, 30], 1)
    frames = LayerAverage(1)(data)
    for part in frames.split([40, 30]):
        torch.testing.assert_close(part.mean(0), torch.zeros(DIM), rtol=0, atol=1e-5)
        torch.testing.assert_close(part.std(0, correction=0), torch.ones(DIM))


@pytest.mark.parametrize("dim", [DIM, 70])
def test_dropping_on_the_way_is_dropping_afterwards(dim):
    data = make_input([9, 4, 3, 1], 3, dim=dim)
    average, drop = LayerAverage(3), at(0, 0.3, 7)
    slope = torch.randn(17, dim)
    (average(data, drop) * slope).sum().backward()
    once, average.raw.grad = average.raw.grad, None
    (dropout(average(data), drop) * slope).sum().backward()
    torch.testing.assert_close(average(data, drop), dropout(average(data), drop))
    torch.testing.assert_close(once, average.raw.grad, rtol=1e-4, atol=1e-5)


def test_dropout_keeps_the_mean_and_drops_the_share():
    frames = torch.ones(2000, 50)
    kept = dropout(frames, at(1, 0.2, 3))
    assert (kept == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert kept.mean().item() == pytest.approx(1, abs=0.01)
    assert kept.unique().tolist() == [0, pytest.approx(1.25)]
    assert (kept == 0).float().mean(0).std() < 0.02  # no column is spared
    assert (kept == 0).float().mean(1).std() < 0.08  # nor any frame


def test_dropout_follows_from_seed_and_layer():
    frames = torch.ones(50, 50)
    assert torch.equal(dropout(frames, at(0, 0.5, 3)), dropout(frames, at(0, 0.5, 3)))
    assert not torch.equal(dropout(frames, at(0, 0.5, 3)), dropout(frames, at(0, 0.5, 4)))
    both = (dropout(frames, at(0, 0.5, 3)) > 0) & (dropout(frames, at(1, 0.5, 3)) > 0)
    assert both.float().mean().item() == pytest.approx(0.25, abs=0.05)  # independent
    assert at(0, 0.5, None) is KEEP
    assert dropout(frames, KEEP) is frames


def test_the_gradient_of_dropout_passes_where_values_do():
    frames = torch.randn(20, 9, requires_grad=True)
    kept = dropout(frames, at(0, 0.4, 1))
    kept.sum().backward()
    np.testing.assert_allclose(frames.grad, np.where(kept.detach() == 0, 0, 1 / 0.6), rtol=1e-6)
