"""Packing changes nothing, averages are what they say, training learns and stops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.batch import Examples, batches
from classifiers.dense import DenseHead, DenseSettings
from classifiers.layer_average import LayerAverage
from classifiers.pooling import pool_mean
from classifiers.training import TrainingSettings, predict, train

HEAD = DenseSettings(kind="dense", width=8, depth=2, dropout=0.2)
TRAINING = TrainingSettings(learning_rate=1e-2, batch_size=8, epochs=30, patience=4, clip_value=1.0)


def make_examples(count: int, seed: int = 0, signal: float = 1.0) -> Examples:
    """Three layers of noise; in layer 1 the label shifts the first features."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    features = []
    for label in labels:
        utterance = generator.standard_normal((3, generator.integers(1, 30), 4))
        utterance[1, :, label] += 3 * signal
        features.append(utterance.astype(np.float16))
    return Examples(features, labels)


def build() -> DenseHead:
    return DenseHead(HEAD, layers=3, dim=4, classes=3)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-5, 5).filter(lambda w: abs(w) > 0.01), min_size=1, max_size=6),
    st.integers(1, 20),
)
def test_layer_average_is_the_published_formula(weights, frames):
    average = LayerAverage(len(weights), 3)
    with torch.no_grad():
        average.raw.copy_(torch.tensor(weights))
    features = [torch.randn(len(weights), frames, 3).half() for _ in range(2)]
    size = np.abs(np.float32(weights))
    together = torch.cat(features, 1).double().numpy()
    expected = np.einsum("l,lfd->fd", size / size.sum(), together)
    np.testing.assert_allclose(average(features).detach(), expected, atol=1e-5)
    assert average.weights.sum().item() == pytest.approx(1)


def test_layer_average_begins_as_the_plain_mean():
    features = torch.randn(5, 7, 3)
    torch.testing.assert_close(LayerAverage(5, 3)([features]), features.mean(0))


def test_layer_average_has_the_gradient_of_the_written_out_formula():
    features = [torch.randn(4, frames, 3) for frames in (5, 1, 9)]
    slope = torch.randn(15, 3)
    average = LayerAverage(4, 3)
    with torch.no_grad():
        average.raw.copy_(torch.tensor([1.5, -0.3, 0.2, 2.0]))
    (average(features) * slope).sum().backward()
    raw = average.raw.detach().clone().requires_grad_()
    share = raw.abs() / raw.abs().sum()
    (torch.einsum("l,lfd->fd", share, torch.cat(features, 1)) * slope).sum().backward()
    torch.testing.assert_close(average.raw.grad, raw.grad)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_mean_pooling_is_each_utterances_own_mean(lengths):
    parts = [torch.randn(length, 3) for length in lengths]
    pooled = pool_mean(torch.cat(parts), torch.tensor(lengths))
    torch.testing.assert_close(pooled, torch.stack([part.mean(0) for part in parts]))


@pytest.mark.parametrize(
    ("lengths", "message"), [([3, 0], "no frames"), ([2, 2], "add up to 4, there are 3")]
)
def test_mean_pooling_refuses_lengths_that_do_not_fit(lengths, message):
    with pytest.raises(ValueError, match=message):
        pool_mean(torch.ones(3, 2), torch.tensor(lengths))


def test_an_utterance_has_the_same_output_alone_and_in_a_batch():
    examples = make_examples(9)
    head = build()
    together = predict(head, examples, 9)
    alone = predict(head, examples, 1)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


def test_batches_hold_every_utterance_once_in_the_order_asked_for():
    examples = make_examples(7)
    order = [3, 1, 6, 0, 5, 2, 4]
    made = list(batches(examples, 3, order))
    assert [len(batch.labels) for batch in made] == [3, 3, 1]
    assert torch.cat([batch.labels for batch in made]).tolist() == [n % 3 for n in order]
    frames = np.concatenate([examples.features[n] for n in order], axis=1)
    held = [part for batch in made for part in batch.features]
    np.testing.assert_array_equal(torch.cat(held, 1), frames)


def test_training_learns_from_the_layer_with_the_signal():
    head, history = train(build, make_examples(60), make_examples(30, 1), TRAINING, seed=0)
    test = make_examples(30, 2)
    accuracy = (predict(head, test, 8).argmax(1).numpy() == test.labels).mean()
    assert accuracy > 0.9
    assert head.layer_average.weights.argmax() == 1
    assert history[-1].train_loss < history[0].train_loss


def test_training_keeps_the_weights_of_the_lowest_validation_loss():
    validation = make_examples(15, 1, signal=0)  # nothing to learn: stops soon
    head, history = train(build, make_examples(30, 0, signal=0), validation, TRAINING, seed=0)
    losses = [epoch.validation_loss for epoch in history]
    best = int(np.argmin(losses))
    assert len(history) == best + 1 + TRAINING.patience
    labels = torch.from_numpy(validation.labels)
    kept = torch.nn.functional.nll_loss(predict(head, validation, 8).log(), labels).item()
    assert kept == pytest.approx(losses[best], abs=1e-6)


def test_training_repeats_itself_and_leaves_the_global_generator_alone():
    state = torch.random.get_rng_state()
    first, _ = train(build, make_examples(20), make_examples(9, 1), TRAINING, seed=3)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(5)
    second, _ = train(build, make_examples(20), make_examples(9, 1), TRAINING, seed=3)
    other, _ = train(build, make_examples(20), make_examples(9, 1), TRAINING, seed=4)
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    assert not torch.equal(first.output.weight, other.output.weight)


def test_divergence_is_an_error():
    examples = make_examples(9)
    wild = TRAINING.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(FloatingPointError, match="learning rate below 1e\\+30"):
        train(build, examples, examples, wild, seed=0)
