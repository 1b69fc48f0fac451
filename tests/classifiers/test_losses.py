"""Losses: soft labels, class weights and focal loss, against independent computations."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from classifiers.batch import Branch, Examples, InMemory
from classifiers.class_weights import weigh_classes
from classifiers.cores import Crew, Worker
from classifiers.cross_entropy import class_losses, label_losses
from classifiers.dense import DenseHead, DenseSettings
from classifiers.heads import HeadDesign, train_head
from classifiers.linear import LinearSettings
from classifiers.multilabel import MultiLabel
from classifiers.objectives import Classification, Distribution, LossSettings
from classifiers.shape import InputShape
from classifiers.solvers import solve_labels, solve_linear
from classifiers.training import TrainingSettings, predict, seeded, train

CLASSES, LAYERS, DIM = 3, 4, 6  # of make_examples
SHAPE = InputShape(LAYERS, DIM, 0.02)
DENSE = DenseSettings(kind="dense", width=8, depth=1, dropout=0.2, weighting="absolute")
LINEAR = LinearSettings(kind="linear", pooling="mean+deviation", strengths=(1e-3, 1e-2))
LOSSES = [
    {},
    {"label_smoothing": 0.1},
    {"class_weights": "balanced", "label_smoothing": 0.1},
    {"class_weights": {"b": 3.0}, "loss": "focal"},
    {"sampling": "balanced", "loss": "focal", "focal_gamma": 0.5},
]


def soften(examples: Examples) -> Examples:
    shares = np.eye(CLASSES, dtype=np.float32)[examples.targets]
    return Examples(examples.branches, shares)


def unbalanced(examples: Examples) -> Examples:
    kept = [n for n in range(len(examples)) if examples.targets[n] or n % 9 == 0]
    features = examples.branches[0].features.tensors
    return Examples([Branch(InMemory([features[n] for n in kept]))], examples.targets[kept])


@pytest.mark.parametrize("loss", LOSSES)
def test_shares_that_are_all_of_a_class_train_as_the_class_does(make_examples, quick, cores, loss):
    settings = TrainingSettings(**{**quick.model_dump(), "epochs": 4, **loss})
    training, validation = unbalanced(make_examples(40)), make_examples(12, 1)
    kinds = (
        (Classification, training, validation),
        (
            Distribution,
            soften(training),
            soften(validation),
        ),
    )
    states = []
    for kind, learned, held in kinds:
        design = HeadDesign(DENSE, settings, [SHAPE], kind(CLASSES, ("a", "b", "c")))
        trained = train_head(design, learned, held, 0, Worker(cores))
        rows = [(e.train_loss, e.validation_loss, e.validation_score) for e in trained.history]
        states.append((trained.head.state_dict(), rows))
    (hard, rows), (soft, soft_rows) = states
    assert all(torch.equal(hard[name], soft[name]) for name in hard)
    assert rows == soft_rows


@pytest.mark.parametrize("weights", ["balanced", "none", {"b": 3.0}])
def test_so_does_a_linear_classifier(make_examples, cores, weights):
    settings = LINEAR.model_copy(update={"class_weights": weights})
    training, validation = unbalanced(make_examples(40)), make_examples(12, 1)
    states = []
    for kind, change in ((Classification, lambda given: given), (Distribution, soften)):
        design = HeadDesign(settings, None, [SHAPE], kind(CLASSES, ("a", "b", "c")))
        trained = train_head(design, change(training), change(validation), 0, Worker(cores))
        states.append(trained.head.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@given(seed=st.integers(0, 2**32 - 1), smoothing=st.sampled_from([0.0, 0.2]))
def test_losses_and_slopes_are_those_of_torch(seed, smoothing):
    generator = torch.Generator().manual_seed(seed)
    logits = (4 * torch.randn(9, 4, generator=generator)).requires_grad_()
    shares = torch.rand(9, 4, generator=generator).softmax(1)
    weights = torch.rand(4, generator=generator)
    expected = cross_entropy(logits, shares, weights, reduction="none", label_smoothing=smoothing)
    found = class_losses(logits, shares, weights, smoothing, 0)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    labels = torch.randint(4, (9,), generator=generator)
    (slopes,) = torch.autograd.grad(
        cross_entropy(logits, labels, weights, reduction="sum", label_smoothing=smoothing), logits
    )
    own = class_losses(logits, one_hot(labels, 4).float(), weights, smoothing, 0).sum()
    assert torch.equal(torch.autograd.grad(own, logits)[0], slopes)  # to the last bit


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_focal_loss_is_that_of_the_paper(gamma):
    """FL(p) = -(1 - p) ** gamma log p, equation 4 of Lin et al. 2017, also with two classes."""
    logits = torch.tensor([[0.3, -1.2, 2.0], [40.0, -40.0, 0.0]], requires_grad=True)
    labels = torch.tensor([1, 0])
    p = logits.detach().double().softmax(1)[[0, 1], labels]
    found = class_losses(logits, one_hot(labels, 3).float(), None, 0, gamma)
    expected = (1 - p) ** gamma * -p.log()
    torch.testing.assert_close(found.detach(), expected.float(), rtol=1e-5, atol=1e-12)
    assert torch.autograd.grad(found.sum(), logits)[0].isfinite().all()  # though 1 - p is 0
    fits = torch.tensor([[0.0, 1.0, 1.0]])
    binary = label_losses(logits[:1], fits, None, 0, gamma)
    p = torch.where(fits > 0, logits[:1].sigmoid(), 1 - logits[:1].sigmoid())
    torch.testing.assert_close(binary, ((1 - p) ** gamma * -p.log()).mean(1))


def test_focal_loss_without_an_exponent_is_cross_entropy_to_the_last_bit(make_examples, cores):
    training, targets = make_examples(12), np.arange(12) % 3
    logits = torch.randn(12, CLASSES)
    for objective, own in (
        (Classification(CLASSES), targets),
        (MultiLabel(CLASSES), np.eye(3, dtype=np.float32)[targets]),
    ):
        values = [
            objective.criterion(settings, own, torch.device("cpu"))(logits, torch.from_numpy(own))
            for settings in (LossSettings(), LossSettings(loss="focal", focal_gamma=0))
        ]
        assert torch.equal(*values)
    assert len(training) == 12


@given(labels=st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_balanced_weights_are_those_of_scikit_learn(labels):
    there = np.unique(labels)
    expected = compute_class_weight("balanced", classes=there, y=labels)
    found = weigh_classes("balanced", np.bincount(labels, minlength=6), ())
    np.testing.assert_array_equal(found[there], expected)
    assert (np.delete(found, there) == 1).all()


@pytest.mark.parametrize("weights", ["none", "balanced", {"a": 0.5, "c": 3.0}])
@pytest.mark.parametrize("classes", [2, 3])
def test_weighted_logistic_regression_is_that_of_scikit_learn(weights, classes):
    generator = np.random.default_rng(0)
    features = generator.standard_normal((60, 5))
    labels = generator.choice(classes, 60, p=[0.7, 0.3] if classes == 2 else [0.7, 0.2, 0.1])
    features = (features - features.mean(0)) / features.std(0)
    names = ("a", "b", "c")[:classes]
    by_name = weights if isinstance(weights, dict) else {}
    given = {"none": None, "balanced": "balanced"}.get(str(weights))
    if by_name:
        given = {number: by_name.get(name, 1.0) for number, name in enumerate(names)}
    expected = LogisticRegression(C=0.1, class_weight=given, tol=1e-10, max_iter=10_000)
    expected.fit(features, labels)
    balance = Classification(classes, names).weights(weights, labels)
    (found,) = solve_linear("linear", features, labels, [0.1], classes, 0, balance=balance)
    logits = features @ found.matrix.T + found.offset
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    np.testing.assert_allclose(shares, expected.predict_proba(features), atol=1e-5)


def test_logistic_regression_learns_shares():
    """As if every utterance were there several times, under each of its labels."""
    generator = np.random.default_rng(0)
    features, shares = generator.standard_normal((30, 4)), generator.dirichlet([1] * 3, 30)
    features = (features - features.mean(0)) / features.std(0)
    balance = np.array([1.0, 2.0, 0.5])
    (found,) = solve_linear("linear", features, shares, [0.1], 3, 0, balance=balance)
    expected = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000)
    times = (shares * balance).T.ravel()
    expected.fit(np.tile(features, (3, 1)), np.repeat(range(3), 30), sample_weight=times)
    np.testing.assert_allclose(found.matrix, expected.coef_, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "svm"])
def test_a_class_without_utterances_is_never_found(kind):
    features = np.random.default_rng(0).standard_normal((10, 3))
    (found,) = solve_linear(kind, features, np.full(10, 2), [1.0], 4, 0)
    assert (features @ found.matrix.T + found.offset).argmax(1).tolist() == [2] * 10
    labels = np.zeros((10, 3))
    labels[:, 1], labels[:5, 2] = 1, 1
    (found,) = solve_labels(kind, features, labels, [1.0], 0, np.ones((2, 3)))
    fits = features @ found.matrix.T + found.offset > 0
    assert fits[:, :2].tolist() == [[False, True]] * 10


def test_each_label_of_several_is_a_logistic_regression():
    generator = np.random.default_rng(0)
    features = generator.standard_normal((50, 4))
    features = (features - features.mean(0)) / features.std(0)
    labels = (generator.random((50, 3)) < [0.2, 0.5, 0.7]).astype(np.float32)
    balance = MultiLabel(3).weights("balanced", labels)
    (found,) = solve_labels("linear", features, labels, [0.1], 0, balance)
    for own in range(3):
        expected = LogisticRegression(
            C=0.1, class_weight="balanced", tol=1e-10, max_iter=10_000
        ).fit(features, labels[:, own])
        np.testing.assert_allclose(found.matrix[own], expected.coef_[0], atol=1e-4)
        np.testing.assert_allclose(found.offset[own], expected.intercept_[0], atol=1e-4)


@given(seed=st.integers(0, 2**32 - 1))
def test_label_losses_are_those_of_torch(seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(7, 4, generator=generator)
    labels = torch.randint(2, (7, 4), generator=generator).float()
    expected = binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(1)
    torch.testing.assert_close(label_losses(logits, labels, None, 0, 0), expected)
    smoothed = label_losses(logits, labels, None, 0.2, 0)
    shares = 0.8 * labels + 0.1
    expected = binary_cross_entropy_with_logits(logits, shares, reduction="none").mean(1)
    torch.testing.assert_close(smoothed, expected)


def test_a_head_learns_several_labels_at_once(make_examples, quick, cores):
    def also_odd(examples):
        fits = np.eye(CLASSES, dtype=np.float32)[examples.targets]
        fits[:, 2] = np.maximum(fits[:, 2], fits[:, 0])  # the third fits wherever the first does
        return Examples(examples.branches, fits)

    training, validation = also_odd(make_examples(60)), also_odd(make_examples(30, 1))
    for settings, training_settings in ((DENSE, quick), (LINEAR, None)):
        design = HeadDesign(settings, training_settings, [SHAPE], MultiLabel(CLASSES))
        trained = train_head(design, training, validation, 0, Worker(cores))
        found = predict(trained.final, validation, cores) >= 0.5
        assert (found.numpy() == (validation.targets > 0)).mean() > 0.9
        assert max(epoch.validation_score for epoch in trained.history) > 0.9


@pytest.mark.parametrize("threads", [2])
def test_balanced_batches_are_the_same_whatever_the_cores(make_examples, quick, cores, threads):
    training, validation = unbalanced(make_examples(40)), make_examples(12, 1)
    settings = quick.model_copy(update={"sampling": "balanced", "epochs": 3})

    def run(crew):
        head = seeded(lambda: DenseHead(DENSE, SHAPE, Classification(CLASSES)), 0)
        head.part_size = 2
        return train(head, training, validation, settings, 0, Worker(crew)).head.state_dict()

    with Crew(threads) as several:
        first, second = run(cores), run(several)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_classes_are_balanced_either_way_and_not_both(quick):
    with pytest.raises(ValidationError, match="choose either"):
        TrainingSettings(
            **{**quick.model_dump(), "sampling": "balanced", "class_weights": "balanced"}
        )
