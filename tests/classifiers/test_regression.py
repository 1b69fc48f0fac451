"""Numbers as targets: the loss and its slope, every head, and their own units."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifiers.batch import Examples
from classifiers.concordance import concordance, concordance_slope
from classifiers.cores import Crew, Worker
from classifiers.heads import HeadDesign, train_head, train_on_all
from classifiers.objectives import LossSettings
from classifiers.regression import Regression
from classifiers.regressors import solve_regression
from classifiers.shape import InputShape
from classifiers.training import predict
from tests.classifiers.test_heads import AVERAGING, DIM, HEADS, LAYERS

SHAPE = InputShape(LAYERS, DIM, 0.02)
FAR, NEAR = np.array([200.0, -3.0]), np.array([40.0, 0.01])  # offset and size of each column
NUMBERS = st.floats(-1e3, 1e3)
ROWS = st.integers(2, 12)


def tables(count: int):
    return ROWS.flatmap(
        lambda rows: st.tuples(*[arrays(float, (rows, 2), elements=NUMBERS)] * count)
    )


def by_lin(x: np.ndarray, y: np.ndarray) -> float:
    """Return the coefficient as Lin (1989) writes it."""
    above = 2 * np.cov(x, y, bias=True)[0, 1]
    below = np.var(x) + np.var(y) + (np.mean(x) - np.mean(y)) ** 2
    return float(above / below)


@given(tables(2))
def test_concordance_is_lins(pair):
    predictions, targets = pair
    found = concordance(*map(torch.from_numpy, pair)).numpy()
    for column, value in enumerate(found):
        x, y = predictions[:, column], targets[:, column]
        if np.var(x) + np.var(y) + (x.mean() - y.mean()) ** 2 > 1e-6:
            assert value == pytest.approx(by_lin(x, y), abs=1e-9)


@given(tables(2))
def test_the_slope_is_autograds(pair):
    predictions, targets = map(torch.from_numpy, pair)
    predictions.requires_grad_()
    x, y = predictions, targets
    below = x.var(0, correction=0) + y.var(0, correction=0) + (x.mean(0) - y.mean(0)) ** 2
    above = 2 * ((x - x.mean(0)) * (y - y.mean(0))).mean(0)
    if (below < 1e-3).any():
        return
    (expected,) = torch.autograd.grad((above / below).sum(), predictions)
    found = concordance_slope(predictions.detach(), targets)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("loss", Regression.losses)
def test_the_slope_of_each_loss_is_that_of_its_value(loss):
    generator = torch.Generator().manual_seed(0)
    outputs, targets = torch.randn(2, 9, 3, generator=generator, dtype=torch.float64)
    measure = Regression(3).criterion(LossSettings(loss=loss), targets.numpy(), "cpu").measure
    value, slope = measure(outputs, targets)
    for row, column in ((0, 0), (8, 2)):
        moved = outputs.clone()
        moved[row, column] += 1e-6
        step = (measure(moved, targets)[0] - value) / 1e-6
        assert float(slope[row, column]) == pytest.approx(float(step), rel=1e-3)


def test_what_never_varies_has_no_concordance_and_no_slope():
    same = torch.full((5, 1), 0.1)
    assert concordance(same, same).tolist() == [0]
    assert concordance_slope(same, same).tolist() == [[0]] * 5
    assert concordance(same, torch.arange(5.0)[:, None]).item() == pytest.approx(0, abs=1e-12)
    assert Regression(1).scale(same.numpy()).deviation.tolist() == [1]


@pytest.fixture
def make_numbers(make_examples):
    """Make examples whose two targets, in units of their own, are means of a layer's features."""

    def make(count: int, seed: int = 0, stores: int = 1) -> Examples:
        examples = make_examples(count, seed, stores=stores)
        frames = [tensor[2].float().mean(0) for tensor in examples.branches[0].features.tensors]
        targets = torch.stack(frames).numpy()[:, :2] * NEAR + FAR
        return Examples(examples.branches, targets.astype(np.float32))

    return make


def fit(name, make_numbers, quick, cores, loss=None):
    stores = 2 if name == "fusion" else 1
    settings = None if name not in AVERAGING else quick.model_copy(update={"loss": loss})
    design = HeadDesign(HEADS[name], settings, [SHAPE] * stores, Regression(2))
    training, validation, test = (
        make_numbers(n, s, stores=stores) for n, s in ((120, 0), (40, 1), (40, 2))
    )
    return train_head(design, training, validation, 0, Worker(cores)), test, design, training


SLOW = ("softmax", "attentive", "fusion")  # heads that the others resemble


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.thorough] * (name in SLOW)) for name in HEADS],
)
def test_every_head_learns_numbers_in_their_own_units(name, make_numbers, quick, cores):
    trained, test, _, _ = fit(name, make_numbers, quick, cores)
    found = predict(trained.final, test, cores)
    agreed = concordance(found, torch.from_numpy(test.targets))
    assert (agreed > 0.8).all()
    assert trained.history[trained.best].validation_score > 0.8


@pytest.mark.parametrize("loss", Regression.losses)
def test_every_loss_falls(loss, make_numbers, quick, cores):
    trained, _, _, _ = fit("dense", make_numbers, quick, cores, loss)
    assert trained.history[trained.best].validation_loss < 0.4 * trained.history[0].train_loss


@pytest.mark.parametrize("name", ["dense", "lstm", "svm"])
def test_the_number_of_threads_changes_no_bit(name, make_numbers, quick, cores):
    short = quick.model_copy(update={"epochs": 3})
    first, _, _, _ = fit(name, make_numbers, short, cores)
    with Crew(3) as more:
        second, _, _, _ = fit(name, make_numbers, short, more)
    for weight, value in first.head.state_dict().items():
        assert torch.equal(second.head.state_dict()[weight], value)


@pytest.mark.parametrize("name", ["dense", "linear"])
def test_training_on_all_as_chosen_gives_the_same_weights(name, make_numbers, quick, cores):
    trained, _, design, training = fit(name, make_numbers, quick, cores)
    again = train_on_all(design, training, trained.best + 1, 0, Worker(cores))
    for weight, value in trained.head.state_dict().items():
        torch.testing.assert_close(again.final.state_dict()[weight], value, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("wide", [False, True])
def test_ridge_regression_is_scikit_learns(wide):
    from sklearn.linear_model import Ridge

    generator = np.random.default_rng(0)
    features = generator.standard_normal((20, 50 if wide else 6))
    targets = features[:, :2] + 0.3 * generator.standard_normal((20, 2))
    scaled = (features - features.mean(0)) / features.std(0)
    for strength, found in zip(
        (0.01, 1.0), solve_regression("linear", features, targets, (0.01, 1.0)), strict=True
    ):
        expected = Ridge(alpha=1 / strength).fit(scaled, targets).predict(scaled)
        np.testing.assert_allclose(features @ found.matrix.T + found.offset, expected, atol=1e-9)


def test_a_support_vector_regression_is_that_of_the_features_as_they_are():
    """Turning to fewer axes changes nothing."""
    from sklearn.svm import LinearSVR

    generator = np.random.default_rng(0)
    features = generator.standard_normal((30, 60))
    targets = features[:, :1] - features[:, :1].mean()
    (found,) = solve_regression("svm", features, targets, [0.1])
    scaled = (features - features.mean(0)) / features.std(0)
    model = LinearSVR(C=0.1, epsilon=0.1, loss="squared_epsilon_insensitive", dual=False, tol=1e-8)
    expected = model.fit(scaled, targets[:, 0]).predict(scaled)
    found_ = features @ found.matrix.T + found.offset
    np.testing.assert_allclose(found_[:, 0], expected, atol=1e-2)


def test_a_loss_of_classes_is_refused():
    with pytest.raises(ValueError, match=r"loss is 'cross-entropy', and there is ccc, mse"):
        Regression(1).criterion(LossSettings(loss="cross-entropy"), np.zeros((3, 1)), "cpu")
