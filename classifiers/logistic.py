"""Multinomial logistic regression, solved to the end.

The directions of an encoder's pooled layers differ in length by orders of magnitude. There
scikit-learn's `LogisticRegression` needs many steps, and its default tolerance ends them early.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

STEPS = 1000  # at most; ten to two hundred are taken
GRADIENT = 1e-6  # the largest entry, in units of the curvature and for each utterance, at the end


def fit_logistic(
    features: np.ndarray, labels: np.ndarray, strengths: Sequence[float]
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Fit a classifier for one strength after another, each beginning where the last one ended.

    The result is that of `LogisticRegression(class_weight="balanced")`; with two classes there is
    one row, the second class's.

    Args:
        features: (utterances, features).
        labels: (utterances,) class indices.
        strengths: values of C.

    Yields:
        (classes, features) weights, (classes,) offsets, and whether they are the solution.
    """
    problem = _Problem.of(features, labels)
    binary = problem.targets.shape[1] == 2
    weights = np.zeros((problem.targets.shape[1], problem.coordinates.shape[1] + 1))
    for strength in strengths:
        # half of a difference of two rows has half the penalty that a row of its own would have
        weights, solved = problem.solve(strength / 2 if binary else strength, weights)
        rows, offsets = weights[:, :-1] @ problem.axes, weights[:, -1]
        if binary:
            rows, offsets = rows[1:] - rows[:1], offsets[1:] - offsets[:1]
        yield rows, offsets, solved


@dataclass(frozen=True)
class _Problem:
    """Utterances in coordinates that make the problem easy.

    Attributes:
        coordinates: (utterances, axes) float64.
        axes: (axes, features) of length one, at right angles.
        targets: (utterances, classes), 1 for the utterance's class and 0 elsewhere.
        balance: (utterances, 1) weights, by which all classes weigh the same.
    """

    coordinates: np.ndarray
    axes: np.ndarray
    targets: np.ndarray
    balance: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, labels: np.ndarray) -> "_Problem":
        """Return the problem of these utterances, in the coordinates of `turn`."""
        classes, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
        coordinates, axes = turn(features.astype(np.float64))
        balance = len(labels) / (len(classes) * counts)
        return cls(coordinates, axes, np.eye(len(classes))[places], balance[places][:, None])

    def solve(self, strength: float, start: np.ndarray) -> tuple[np.ndarray, bool]:
        """Minimise the balanced cross-entropy plus the squared weights over 2 C, by L-BFGS.

        It runs in coordinates that are scaled by the diagonal of the second derivative at the
        start, averaged over classes, so that all directions curve alike.

        Args:
            strength: C.
            start: (classes, axes + 1) weights to begin with, the offset last.

        Returns:
            The weights, and whether they are the solution.
        """
        units = self._units(strength, start)

        def loss(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            value, slopes = self._loss(strength, scaled.reshape(start.shape) * units)
            return value, (slopes * units).ravel()

        found = minimize(
            loss,
            (start / units).ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": STEPS,
                "maxcor": 20,
                "ftol": 0,
                "gtol": GRADIENT * np.sqrt(len(self.targets)),
            },
        )
        return found.x.reshape(start.shape) * units, bool(found.success)

    def _units(self, strength: float, start: np.ndarray) -> np.ndarray:
        """Return (1, axes + 1), one over the root of the second derivative along each axis."""
        shares = np.exp(self._log_shares(start))
        curvature = (self.balance * shares * (1 - shares)).mean(1)
        along = curvature @ np.square(self.coordinates) + 1 / strength
        everything = np.append(along, curvature.sum() + np.finfo(np.float64).tiny)
        units: np.ndarray = 1 / np.sqrt(everything)[None]
        return units

    def _loss(self, strength: float, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what is minimised, and its slopes, (classes, axes + 1)."""
        logs = self._log_shares(weights)
        misses = self.balance * (np.exp(logs) - self.targets)
        slopes = np.empty_like(weights)
        slopes[:, :-1] = misses.T @ self.coordinates + weights[:, :-1] / strength
        slopes[:, -1] = misses.sum(0)
        penalty = 0.5 / strength * np.square(weights[:, :-1]).sum()
        return float(penalty - (self.balance * self.targets * logs).sum()), slopes

    def _log_shares(self, weights: np.ndarray) -> np.ndarray:
        """Return the logarithm of each class's probability, (utterances, classes)."""
        logits = self.coordinates @ weights[:, :-1].T + weights[:, -1]
        logs: np.ndarray = log_softmax(logits, 1)
        return logs


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
