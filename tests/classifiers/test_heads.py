"""Every head: company changes nothing, the layer with the signal is found."""

import numpy as np
import pytest
import torch

from classifiers import kernels
from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew, Worker
from classifiers.dense import DenseSettings
from classifiers.fusion import FusionSettings
from classifiers.heads import HeadDesign, build_head, train_head, train_on_all
from classifiers.linear import LinearSettings
from classifiers.lstm import LstmSettings
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from classifiers.training import predict

CLASSES, LAYERS, DIM = 3, 4, 6  # of make_examples
HEADS = {
    "dense": DenseSettings(kind="dense", width=8, depth=2, dropout=0.2, weighting="absolute"),
    "softmax": DenseSettings(kind="dense", width=8, depth=2, dropout=0.2, weighting="softmax"),
    "lstm": LstmSettings(kind="lstm", width=8, dropout=0.2, weighting="absolute"),
    "fusion": FusionSettings(kind="fusion", width=8, dropout=0.2, weighting="absolute"),
    "attentive": DenseSettings(
        kind="dense",
        width=8,
        depth=1,
        dropout=0.2,
        weighting="absolute",
        pooling="attentive",
        skip=True,
    ),
    "linear": LinearSettings(kind="linear", pooling="mean+deviation", strengths=(0.01, 1.0)),
    "svm": LinearSettings(kind="svm", pooling="mean", strengths=(0.01, 1.0)),
}
AVERAGING = [name for name in HEADS if name not in ("linear", "svm")]
SHAPE = InputShape(LAYERS, DIM, 0.02)


def thorough(name):
    return pytest.param(name, marks=pytest.mark.thorough)


def fit(name, make_examples, quick, cores, device="cpu", seed=0):
    """Train a head where layer 2 alone knows the label; return it and its test data."""
    stores = 2 if name == "fusion" else 1
    training, validation, test = (
        make_examples(n, s, stores=stores) for n, s in ((90, 0), (30, 1), (30, 2))
    )
    settings = None if name in ("linear", "svm") else quick
    design = HeadDesign(HEADS[name], settings, [SHAPE] * stores, Classification(CLASSES))
    worker = Worker(cores, device=torch.device(device))
    return train_head(design, training, validation, seed, worker), test


@pytest.mark.parametrize("name", HEADS)
def test_it_learns_from_the_layer_with_the_signal(name, make_examples, quick, cores):
    trained, test = fit(name, make_examples, quick, cores)
    predicted = predict(trained.head, test, cores).argmax(1).numpy()
    assert (predicted == test.targets).mean() > 0.9
    for average in trained.head.layer_averages:
        assert average.weights.argmax() == 2
        assert average.weights[2] > 1.2 / LAYERS
    assert trained.history[trained.best].validation_score > 0.9


@pytest.mark.parametrize("name", HEADS)
def test_an_utterance_has_the_same_output_alone_and_in_company(name, make_examples, cores):
    stores = 2 if name == "fusion" else 1
    examples = make_examples(9, stores=stores)
    head = build_head(HEADS[name], [SHAPE] * stores, Classification(CLASSES))
    together = predict(head, examples, cores)
    head.part_size = 1
    alone = predict(head, examples, cores)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["dense", "lstm", *map(thorough, ("softmax", "fusion", "attentive"))]
)
def test_torchs_own_operations_which_a_gpu_uses_learn_the_same(
    name, make_examples, quick, cores, monkeypatch
):
    monkeypatch.setattr(kernels, "can_take", lambda values: False)
    trained, test = fit(name, make_examples, quick, cores)
    predicted = predict(trained.head, test, cores).argmax(1).numpy()
    assert (predicted == test.targets).mean() > 0.9
    monkeypatch.undo()
    torch.testing.assert_close(
        predict(trained.head, test, cores).argmax(1).numpy(), predicted, rtol=0, atol=0
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", HEADS)
def test_a_gpu_learns_the_same(name, make_examples, quick, cores):
    def moved(examples):
        branches = [
            Branch(InMemory([tensor.cuda() for tensor in branch.features.tensors]))
            for branch in examples.branches
        ]
        return Examples(branches, examples.targets)

    trained, test = fit(name, lambda *a, **k: moved(make_examples(*a, **k)), quick, cores, "cuda")
    predicted = predict(trained.head, test, cores).argmax(1).numpy()
    assert (predicted == test.targets).mean() > 0.9


@pytest.mark.parametrize("name", ["dense", "lstm", "svm"])
def test_seed_decides_and_the_number_of_threads_does_not(name, make_examples, quick, cores):
    short = quick.model_copy(update={"epochs": 3})
    first, test = fit(name, make_examples, short, cores)
    with Crew(3) as more:
        second, _ = fit(name, make_examples, short, more)
        np.testing.assert_array_equal(
            predict(first.head, test, cores), predict(second.head, test, more)
        )
    if name != "svm":
        other, _ = fit(name, make_examples, short, cores, seed=1)
        assert not torch.equal(other.head.output.weight, first.head.output.weight)


@pytest.mark.parametrize("name", AVERAGING)
def test_a_single_layer_needs_no_weights(name, cores):
    stores = 2 if name == "fusion" else 1
    head = build_head(HEADS[name], [InputShape(1, DIM, 0.02)] * stores, Classification(CLASSES))
    assert not any(average.raw.requires_grad for average in head.layer_averages)


def test_linear_heads_try_strengths_and_keep_the_best_on_validation(make_examples, quick, cores):
    trained, _ = fit("svm", make_examples, quick, cores)
    assert [epoch.epoch for epoch in trained.history] == [1, 2]
    recalls = [epoch.validation_score for epoch in trained.history]
    assert recalls[trained.best] == max(recalls)


@pytest.mark.parametrize("name", ["linear", "svm"])
def test_a_linear_head_may_be_fitted_again_on_training_and_validation(name, make_examples, cores):
    training, validation = make_examples(90, 0), make_examples(40, 1)
    settings = HEADS[name].model_copy(update={"refit": True, "strengths": (0.01,)})

    def fit_on(first, second):
        design = HeadDesign(settings, None, [SHAPE], Classification(CLASSES))
        return train_head(design, first, second, 0, Worker(cores))

    once = fit_on(training, validation)
    other = fit_on(validation, training)  # both together are the same utterances
    assert once.final is once.refitted is not once.head
    expected = once.refitted.output.weight
    torch.testing.assert_close(other.refitted.output.weight, expected, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(once.head.output.weight, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["linear", "svm"])
def test_two_classes_are_classified_too(name, make_examples, cores):
    def two(count, seed):
        examples = make_examples(count, seed)
        return type(examples)(examples.branches, examples.targets % 2)

    training, test = two(90, 0), two(30, 1)
    design = HeadDesign(HEADS[name], None, [SHAPE], Classification(2))
    trained = train_head(design, training, test, 0, Worker(cores))
    probabilities = predict(trained.head, test, cores)
    assert probabilities.shape == (30, 2)
    assert (probabilities.argmax(1).numpy() == test.targets).mean() > 0.6


@pytest.mark.parametrize("name", ["linear", "svm"])
def test_a_linear_head_with_a_known_strength_is_that_of_the_search(name, make_examples, cores):
    training, validation = make_examples(90, 0), make_examples(30, 1)
    design = HeadDesign(HEADS[name], None, [SHAPE], Classification(CLASSES))
    found = train_head(design, training, validation, 0, Worker(cores))
    again = train_on_all(design, training, found.best + 1, 0, Worker(cores))
    for weight, value in found.head.state_dict().items():
        torch.testing.assert_close(again.final.state_dict()[weight], value, rtol=1e-3, atol=1e-4)


def test_a_head_says_how_far_its_training_is(make_examples):
    training, validation = make_examples(9), make_examples(6)
    shares = []
    settings = LinearSettings(kind="linear", pooling="mean", strengths=(0.1, 1.0, 10.0))
    with Crew(1) as cores:
        design = HeadDesign(
            settings, None, [InputShape(LAYERS, DIM, 0.02)], Classification(CLASSES)
        )
        train_head(design, training, validation, 0, Worker(cores, step=shares.append))
    assert len(shares) == 5  # the pooling, three strengths, and before what may be fitted again
    assert 0 < sum(shares) <= 1
