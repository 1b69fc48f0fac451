"""The heads are scikit-learn estimators, and choose without looking at what they learn from."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from classifiers.dense_estimator import DenseClassifier
from classifiers.linear_estimator import LinearClassifier
from classifiers.rows import merge_rows

QUICK = {"width": 8, "learning_rate": 0.05, "epochs": 12, "patience": 2, "batch_size": 64}


@pytest.fixture
def pooled():
    """Rows of four speakers, whose scales differ by orders of magnitude."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = generator.standard_normal((60, 80)) + 2.5 * np.eye(3, 80)[labels]
    return features * 10.0 ** generator.uniform(-2, 3, 80), labels, np.arange(60) // 15


@pytest.mark.parametrize(
    "estimator",
    [
        LinearClassifier(),
        LinearClassifier("svm"),
        LinearClassifier(strength=0.01),
        pytest.param(DenseClassifier(**QUICK), marks=pytest.mark.thorough),
    ],
    ids=["linear", "svm", "strength", "dense"],
)
def test_scikit_learn_finds_nothing_wrong(estimator):
    done = check_estimator(estimator, on_skip=None)
    assert [check for check in done if check["status"] not in ("passed", "skipped")] == []
    assert sum(check["status"] == "passed" for check in done) > 50


def test_a_fixed_strength_is_balanced_logistic_regression_of_standardised_rows(pooled):
    x, y, _ = pooled
    found = LinearClassifier(strength=0.01).fit(x, y)
    scaler = StandardScaler().fit(x)
    expected = LogisticRegression(C=0.01, class_weight="balanced", tol=1e-10, max_iter=10_000)
    expected.fit(scaler.transform(x), y)
    probabilities = expected.predict_proba(scaler.transform(x))
    np.testing.assert_allclose(found.predict_proba(x), probabilities, atol=1e-5)


@pytest.mark.parametrize("estimator", [LinearClassifier(), DenseClassifier(learning_rate=0.01)])
def test_they_work_where_scikit_learn_puts_them(pooled, estimator):
    x, y, speakers = pooled
    whole = make_pipeline(StandardScaler(), estimator)
    scores = cross_val_score(whole, x, y, groups=speakers, cv=GroupKFold(4))
    assert scores.shape == (4,)
    assert scores.mean() > 0.4  # chance is a third
    name = "strength" if isinstance(estimator, LinearClassifier) else "width"
    searched = GridSearchCV(clone(estimator), {name: [1, 4]}, cv=2).fit(x, y)
    assert searched.best_params_[name] in (1, 4)


@pytest.mark.parametrize("kind", ["linear", "svm"])
def test_the_order_of_rows_does_not_matter(pooled, kind):
    x, y, _ = pooled
    order = np.random.default_rng(1).permutation(len(y))
    one, other = LinearClassifier(kind).fit(x, y), LinearClassifier(kind).fit(x[order], y[order])
    np.testing.assert_array_equal(one.coef_, other.coef_)
    assert one.strength_ == other.strength_


def test_equal_rows_are_one_and_never_on_both_sides():
    x, y = np.array([[0.0], [-0.0], [1.0], [2.0], [2.0], [3.0]]), np.array([0, 0, 0, 1, 0, 1])
    rows = merge_rows(x, y, np.array([1.0, 2.0, 1.0, 1.0, 1.0, 0.0]))
    assert sorted(zip(rows.features[:, 0], rows.labels, rows.weights, strict=True)) == [
        (0, 0, 3), (1, 0, 1), (2, 0, 1), (2, 1, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_held_out_groups_are_whole_and_leave_every_class(pooled, seed):
    x, y, speakers = pooled
    learned, held = merge_rows(x, y, groups=speakers).split(0.2, seed)
    assert not set(learned.groups) & set(held.groups)
    assert set(learned.labels) == {0, 1, 2}
    assert len(held) == 15


def test_what_cannot_be_used_is_said():
    x, y = np.eye(4), np.array([0, 0, 1, 2])
    for options, words in (
        ({"kind": "tree"}, "choose 'linear' or 'svm'"),
        ({"strength": -1.0}, "strength=-1.0: a strength is a number"),
        ({"strengths": ()}, "a strength is a number"),
        ({"validation_fraction": 1.0}, "must be between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=words):
            LinearClassifier(**options).fit(x, y)
    with pytest.raises(ValueError, match="no part of the n_samples=3 different rows"):
        LinearClassifier().fit(x[1:], y[1:])
    with pytest.raises(ValueError, match="epochs"):
        DenseClassifier(epochs=0).fit(x, y)
