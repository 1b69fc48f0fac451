"""Linear classifiers of features that are standardised on the way, one for each strength."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

LinearKind = Literal["linear", "svm"]
Solutions = Iterator[tuple[np.ndarray, np.ndarray, bool]]


@dataclass(frozen=True)
class Solution:
    """A linear classifier of features as they are given.

    Attributes:
        matrix: (classes, features) float64.
        offset: (classes,) float64; far below all others of a class that training lacks.
        solved: whether the solver reached its end.
    """

    matrix: np.ndarray
    offset: np.ndarray
    solved: bool


def solve_linear(
    kind: LinearKind,
    features: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    classes: int,
    seed: int,
    weights: np.ndarray | None = None,
) -> Iterator[Solution]:
    """Yield a classifier for each strength; all classes weigh the same.

    Args:
        kind: "linear" for multinomial logistic regression, "svm" for a linear support vector
            machine, each class against the others.
        features: (utterances, features).
        labels: (utterances,) class indices, of two classes at least.
        strengths: values of C to solve for, one after another.
        classes: how many classes there are.
        seed: the seed of liblinear's order; the other solvers draw nothing.
        weights: (utterances,) how often each counts, positive; once if None.
    """
    if weights is None:
        centre, spread = features.mean(0), features.std(0)
    else:
        centre = np.average(features, 0, weights)
        spread = np.sqrt(np.average(np.square(features - centre), 0, weights))
    spread[spread == 0] = 1
    scaled = ((features - centre) / spread).astype(np.float64)
    present = np.unique(labels)
    for rows, offsets, solved in _solve(kind, scaled, labels, strengths, seed, weights):
        if len(present) == 2:
            rows = np.concatenate([-rows, rows]) / 2
            offsets = np.concatenate([-offsets, offsets]) / 2
        matrix = np.zeros((classes, len(centre)))
        offset = np.full(classes, float(np.finfo(np.float32).min / 2))
        matrix[present] = rows / spread
        offset[present] = offsets - matrix[present] @ centre
        yield Solution(matrix, offset, solved)


def _solve(
    kind: LinearKind,
    scaled: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    weights: np.ndarray | None,
) -> Solutions:
    """Yield rows and offsets of scaled features for each strength, and whether they are solved.

    There is a row for each class in training or, of two, for the second alone.
    """
    # with scipy, which takes half a second that prediction does not need
    from classifiers.logistic import fit_logistic
    from classifiers.machine import fit_machines

    if kind == "linear":
        return fit_logistic(scaled, labels, strengths, weights)
    if scaled.shape[1] > len(scaled):
        return fit_machines(scaled, labels, strengths, weights)
    return _fit_liblinear(scaled, labels, strengths, seed, weights)


def _fit_liblinear(
    scaled: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    weights: np.ndarray | None,
) -> Solutions:
    # here, as it takes a second that few features alone need
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    from classifiers.logistic import balanced

    classes, places = np.unique(labels, return_inverse=True)
    balance = dict(zip(classes.tolist(), balanced(places, weights).tolist(), strict=True))
    model = LinearSVC(class_weight=balance, max_iter=10_000, random_state=seed)
    for strength in strengths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # whoever asks says it
            model.set_params(C=strength).fit(scaled, labels, weights)
        yield model.coef_, model.intercept_, bool(np.max(model.n_iter_) < model.max_iter)
