"""Multinomial logistic regression, solved to the end.

The directions of an encoder's pooled layers differ in length by orders of magnitude. There
scikit-learn's `LogisticRegression` needs many steps, and its default tolerance ends them early.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_softmax

STEPS = 1000  # at most in a round; ten to a hundred are taken
ROUNDS = 10  # at most; one does at the strengths that are usually tried
GRADIENT = 1e-6  # the largest slope at a round's end, in units of the curvature at its start
LARGEST = 5e-6  # the largest at the end, in units of the curvature there


def fit_logistic(
    features: np.ndarray,
    labels: np.ndarray,
    strengths: Sequence[float],
    weights: np.ndarray | None = None,
    balance: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Fit a classifier for one strength after another, each beginning where the last one ended.

    The result is that of `LogisticRegression(class_weight="balanced")`; with two classes there is
    one row, the second class's.

    Args:
        features: (utterances, features).
        labels: (utterances,) class indices; or (utterances, classes) how much of an utterance is of
            each class, adding up to 1 in a row and to more than 0 in a column.
        strengths: values of C.
        weights: (utterances,) how often each counts, positive; once if None.
        balance: (classes,) how much each class that there is counts, in the order of their
            indices; all of them the same together if None, where labels are indices.

    Yields:
        (classes, features) weights, (classes,) offsets, and whether they are the solution.
    """
    problem = _Problem.of(features, labels, weights, balance)
    binary = problem.targets.shape[1] == 2
    point = np.zeros((problem.targets.shape[1], problem.coordinates.shape[1] + 1))
    for strength in strengths:
        # half of a difference of two rows has half the penalty that a row of its own would have
        point, solved = problem.solve(strength / 2 if binary else strength, point)
        rows, offsets = point[:, :-1] @ problem.axes, point[:, -1]
        if binary:
            rows, offsets = rows[1:] - rows[:1], offsets[1:] - offsets[:1]
        yield rows, offsets, solved


@dataclass(frozen=True)
class _Problem:
    """Utterances in coordinates that make the problem easy.

    Attributes:
        coordinates: (utterances, axes) float64.
        axes: (axes, features) of length one, at right angles.
        targets: (utterances, classes), 1 for the utterance's class and 0 elsewhere, or how much
            of its loss is each class's.
        balance: (utterances, 1) how much each counts.
    """

    coordinates: np.ndarray
    axes: np.ndarray
    targets: np.ndarray
    balance: np.ndarray

    @classmethod
    def of(
        cls,
        features: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None,
        balance: np.ndarray | None,
    ) -> "_Problem":
        """Return the problem of these utterances, in the coordinates of `turn`."""
        if labels.ndim == 1:
            classes, places = np.unique(labels, return_inverse=True)
            shares = np.eye(len(classes))[places]
            each = balanced(places, weights) if balance is None else balance
        else:
            shares = labels.astype(np.float64, order="C")  # another order sums otherwise
            assert balance is not None, "shares come with the weights of their classes"
            each = balance
        coordinates, axes = turn(features.astype(np.float64))
        weighted = shares * each
        counted = weighted.sum(1)
        targets = weighted / counted[:, None]
        if weights is not None:
            counted = counted * weights
        return cls(coordinates, axes, targets, counted[:, None])

    def solve(self, strength: float, start: np.ndarray) -> tuple[np.ndarray, bool]:
        """Minimise the weighted cross-entropy plus the squared weights over 2 C.

        Where the curvature at the end is far below that at the start, as it is of utterances that
        are told apart with ease, another round begins at the end of the last.

        Args:
            strength: C.
            start: (classes, axes + 1) weights to begin with, the offset last.

        Returns:
            The weights, and whether they are the solution.
        """
        weights = start
        for _ in range(ROUNDS):
            weights = self._descend(strength, weights)
            if self._is_flat(strength, weights):
                return weights, True
        return weights, False

    def _is_flat(self, strength: float, weights: np.ndarray) -> bool:
        """Tell whether slopes are small, in units of each weight's own curvature."""
        logits = self._logits(weights)
        curvature, (_, misses) = self._curvature(logits), self._misses(logits)
        slopes = misses.T @ self.coordinates + weights[:, :-1] / strength
        along = curvature.T @ np.square(self.coordinates) + 1 / strength
        return bool(np.abs(slopes / np.sqrt(along)).max() <= LARGEST * len(misses) ** 0.5)

    def _descend(self, strength: float, start: np.ndarray) -> np.ndarray:
        """Return better weights, by L-BFGS.

        It runs in coordinates in which the second derivative at the start, averaged over classes,
        is the identity: with H = A' D A + I / C = L L', in those of z = L' w. There the penalty
        is (z' z - sum of D logits²) / 2, so that a step costs no more than in those of w.
        """
        curvature = self._curvature(self._logits(start)).mean(1, keepdims=True)
        second = (self.coordinates * curvature).T @ self.coordinates
        second[np.diag_indices_from(second)] += 1 / strength
        factor = cholesky(second, lower=True, overwrite_a=True)
        turned = solve_triangular(factor, self.coordinates.T, lower=True)  # (axes, utterances)
        unit = 1 / np.sqrt(curvature.sum() + np.finfo(np.float64).tiny)  # of offsets

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            point = flat.reshape(start.shape)
            logits = (point[:, :-1] @ turned).T
            value, misses = self._misses(logits + unit * point[:, -1])
            pulled = curvature * logits
            slopes = np.empty_like(point)
            slopes[:, :-1] = point[:, :-1] + (turned @ (misses - pulled)).T
            slopes[:, -1] = unit * misses.sum(0)
            penalty = (np.square(point[:, :-1]).sum() - (pulled * logits).sum()) / 2
            return value + float(penalty), slopes.ravel()

        begin = np.column_stack([start[:, :-1] @ factor, start[:, -1] / unit])
        bound = GRADIENT * len(self.targets) ** 0.5
        options = {"maxiter": STEPS, "maxcor": 20, "ftol": 0, "gtol": bound}
        found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
        point = found.x.reshape(start.shape)
        rows = solve_triangular(factor, point[:, :-1].T, lower=True, trans="T").T
        return np.column_stack([rows, unit * point[:, -1]])

    def _curvature(self, logits: np.ndarray) -> np.ndarray:
        """Return the second derivative of the loss by each logit, (utterances, classes)."""
        shares = np.exp(log_softmax(logits, 1))
        curvature: np.ndarray = self.balance * shares * (1 - shares)
        return curvature

    def _misses(self, logits: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the weighted cross-entropy, and its slopes by logits, (utterances, classes)."""
        logs = log_softmax(logits, 1)
        loss = -float((self.balance * self.targets * logs).sum())
        return loss, self.balance * (np.exp(logs) - self.targets)

    def _logits(self, weights: np.ndarray) -> np.ndarray:
        logits: np.ndarray = self.coordinates @ weights[:, :-1].T + weights[:, -1]
        return logits


def balanced(places: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return the weight of each class with which all classes weigh the same.

    Args:
        places: (utterances,) class indices, of which none up to the highest is absent.
        weights: (utterances,) how often each counts; once if None.
    """
    counts = np.bincount(places, weights)
    factors: np.ndarray = counts.sum() / (len(counts) * counts)
    return factors


def turn(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn features to the axes along which utterances vary, which changes no linear classifier.

    With an L2 penalty a classifier's weights lie in the span of the utterances (the representer
    theorem), and a rotation does not change the penalty.

    Args:
        features: (utterances, features).

    Returns:
        (utterances, axes) coordinates, and (axes, features) axes of length one, at right angles.
    """
    if features.shape[1] <= len(features):
        _, _, axes = np.linalg.svd(features, full_matrices=False)
        return features @ axes.T, axes
    squares, vectors = np.linalg.eigh(features @ features.T)
    kept = squares > squares[-1] * len(features) * np.finfo(np.float64).eps
    lengths = np.sqrt(squares[kept])
    return vectors[:, kept] * lengths, (vectors[:, kept] / lengths).T @ features
