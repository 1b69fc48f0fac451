"""Standardising inside the layer average is standardising before it."""

import numpy as np
import pytest
import torch

from classifiers.layer_average import LayerAverage
from classifiers.statistics import measure


@pytest.fixture
def utterances():
    generator = np.random.default_rng(0)
    scale, shift = np.array([1, 30, 0.01])[:, None, None], np.array([0, 200, -1])[:, None, None]
    return [
        (scale * generator.standard_normal((3, frames, 5)) + shift).astype(np.float16)
        for frames in (4, 1, 30, 7)
    ]


def test_mean_and_deviation_are_those_of_all_frames(utterances):
    statistics = measure(utterances)
    together = np.concatenate(utterances, axis=1).astype(np.float64)
    np.testing.assert_allclose(statistics.mean, together.mean(1), rtol=1e-6)
    np.testing.assert_allclose(statistics.deviation, together.std(1), rtol=1e-4)


def test_a_feature_that_never_varies_is_only_centred():
    statistics = measure([np.full((1, 9, 2), 7, np.float16)])
    assert statistics.deviation.tolist() == [[1, 1]]
    features = LayerAverage(1, 2, statistics)([torch.full((1, 3, 2), 7.0)])
    assert features.abs().max() == 0


def test_the_average_and_its_gradient_are_those_of_standardised_features(utterances):
    statistics = measure(utterances)
    features = [torch.from_numpy(part) for part in utterances]
    slope = torch.randn(42, 5)
    average = LayerAverage(3, 5, statistics)
    with torch.no_grad():
        average.raw.copy_(torch.tensor([1.5, -0.3, 0.7]))
    found = average(features)
    (found * slope).sum().backward()

    raw = average.raw.detach().clone().double().requires_grad_()
    together = torch.cat(features, 1).double()
    standardised = (together - statistics.mean[:, None]) / statistics.deviation[:, None]
    expected = torch.einsum("l,lfd->fd", raw.abs() / raw.abs().sum(), standardised)
    (expected * slope).sum().backward()
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(average.raw.grad.double(), raw.grad, rtol=1e-4, atol=1e-3)
