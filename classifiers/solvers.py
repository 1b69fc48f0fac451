"""Linear classifiers of features that are standardised on the way, one for each strength."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

LinearKind = Literal["linear", "svm"]
_NEVER = float(np.finfo(np.float32).min / 2)  # the output of a class that training lacks
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
    balance: np.ndarray | None = None,
) -> Iterator[Solution]:
    """Yield a classifier for each strength.

    Args:
        kind: "linear" for multinomial logistic regression, "svm" for a linear support vector
            machine, each class against the others.
        features: (utterances, features).
        labels: (utterances,) class indices; for logistic regression also (utterances, classes), how
            much of an utterance is of each class.
        strengths: values of C to solve for, one after another.
        classes: how many classes there are.
        seed: the seed of liblinear's order; the other solvers draw nothing.
        weights: (utterances,) how often each counts, positive; once if None.
        balance: (classes,) how much each class counts; all classes the same together if None.
    """
    scaled, centre, spread = _standardise(features, weights)
    there = np.bincount(labels, minlength=classes) if labels.ndim == 1 else labels.sum(0)
    present = np.flatnonzero(there)
    given = labels if labels.ndim == 1 else labels[:, present]
    own = None if balance is None else balance[present]
    solutions: Solutions = ((np.zeros((1, len(centre))), np.zeros(1), True) for _ in strengths)
    if len(present) > 1:  # otherwise there is nothing to tell apart
        solutions = _solve(kind, scaled, given, strengths, seed, weights, own)
    for rows, offsets, solved in solutions:
        if len(present) == 2:
            rows = np.concatenate([-rows, rows]) / 2
            offsets = np.concatenate([-offsets, offsets]) / 2
        matrix = np.zeros((classes, len(centre)))
        offset = np.full(classes, _NEVER)
        matrix[present] = rows / spread
        offset[present] = offsets - matrix[present] @ centre
        yield Solution(matrix, offset, solved)


def solve_labels(
    kind: LinearKind,
    features: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    balance: np.ndarray,
) -> Iterator[Solution]:
    """Yield classifiers that tell of each of several labels whether it fits, for each strength.

    Args:
        kind: as for `solve_linear`.
        features: (utterances, features).
        labels: (utterances, labels), 1 where a label fits and 0 where not.
        strengths: values of C to solve for, which all labels share.
        seed: as for `solve_linear`.
        balance: (2, labels) how much an utterance counts that a label doesn't fit, and that it
            fits.
    """
    scaled, centre, spread = _standardise(features, None)
    fits = labels > 0
    varied = np.flatnonzero(fits.any(0) & ~fits.all(0))
    each = [
        _solve(kind, scaled, fits[:, own].astype(int), strengths, seed, None, balance[:, own])
        for own in varied
    ]
    for solutions in zip(*each, strict=True) if each else ((),) * len(strengths):
        matrix = np.zeros((labels.shape[1], len(centre)))
        offset = np.where(fits.all(0), -_NEVER, _NEVER)
        for own, (rows, offsets, _) in zip(varied, solutions, strict=True):
            matrix[own] = rows[0] / spread
            offset[own] = offsets[0] - matrix[own] @ centre
        yield Solution(matrix, offset, all(solved for _, _, solved in solutions))


def _standardise(
    features: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features in deviations from their mean, in float64, and both."""
    if weights is None:
        centre, spread = features.mean(0), features.std(0)
    else:
        centre = np.average(features, 0, weights)
        spread = np.sqrt(np.average(np.square(features - centre), 0, weights))
    spread[spread == 0] = 1
    return ((features - centre) / spread).astype(np.float64), centre, spread


def _solve(
    kind: LinearKind,
    scaled: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    weights: np.ndarray | None,
    balance: np.ndarray | None,
) -> Solutions:
    """Yield rows and offsets of scaled features for each strength, and whether they are solved.

    There is a row for each class in training or, of two, for the second alone.
    """
    # with scipy, which takes half a second that prediction does not need
    from classifiers.logistic import fit_logistic
    from classifiers.machine import fit_machines

    if kind == "linear":
        return fit_logistic(scaled, labels, strengths, weights, balance)
    if scaled.shape[1] > len(scaled):
        return fit_machines(scaled, labels, strengths, weights, balance)
    return _fit_liblinear(scaled, labels, strengths, seed, weights, balance)


def _fit_liblinear(
    scaled: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    seed: int,
    weights: np.ndarray | None,
    balance: np.ndarray | None,
) -> Solutions:
    # here, as it takes a second that few features alone need
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    from classifiers.logistic import balanced

    classes, places = np.unique(labels, return_inverse=True)
    each = balanced(places, weights) if balance is None else balance
    by_class = dict(zip(classes.tolist(), each.tolist(), strict=True))
    model = LinearSVC(class_weight=by_class, max_iter=10_000, random_state=seed)
    for strength in strengths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # whoever asks says it
            model.set_params(C=strength).fit(scaled, labels, weights)
        yield model.coef_, model.intercept_, bool(np.max(model.n_iter_) < model.max_iter)
