"""Linear regression on features that are standardised on the way, one for each strength."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from classifiers.solvers import LinearKind, Solution

TUBE = 0.1  # deviations of a target by which a support vector regression may miss for nothing
_STEPS = 10_000  # at most


def solve_regression(
    kind: LinearKind, features: np.ndarray, targets: np.ndarray, strengths: Sequence[float]
) -> Iterator[Solution]:
    """Yield a linear regression for each strength, for features as they are given.

    Features are standardised, and turned to the axes along which utterances vary, which changes no
    regression with an L2 penalty and leaves as many axes as there are utterances at most.

    Args:
        kind: "linear" for ridge regression, "svm" for linear support vector regression with
            squared misses beyond `TUBE`, each column alone.
        features: (utterances, features).
        targets: (utterances, columns), standardised.
        strengths: values of C to solve for; of ridge regression the penalty is 1 / C.
    """
    from classifiers.logistic import turn  # with scipy, which prediction does not need

    centre, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1
    coordinates, axes = turn(((features - centre) / spread).astype(np.float64))
    values = targets.astype(np.float64)
    solve = _ridge if kind == "linear" else _machines
    for rows, offsets, solved in solve(coordinates, values, strengths):
        matrix = rows @ axes / spread
        yield Solution(matrix, offsets - matrix @ centre, solved)


_Rows = Iterator[tuple[np.ndarray, np.ndarray, bool]]


def _ridge(coordinates: np.ndarray, targets: np.ndarray, strengths: Sequence[float]) -> _Rows:
    """Yield (columns, axes) weights and (columns,) offsets, in closed form.

    The axes are at right angles and coordinates have no mean, so that each weight has an equation
    of its own, whatever the strength.
    """
    mean = targets.mean(0)
    along = coordinates.T @ (targets - mean)
    squares = np.square(coordinates).sum(0)
    for strength in strengths:
        yield (along / (squares + 1 / strength)[:, None]).T, mean, True


def _machines(coordinates: np.ndarray, targets: np.ndarray, strengths: Sequence[float]) -> _Rows:
    """Yield the same of support vector regressions.

    In the primal, which draws nothing. The offset is in the penalty, but it is next to nothing of
    targets without a mean.
    """
    # here, as it takes a second that nobody else needs
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVR

    model = LinearSVR(epsilon=TUBE, loss="squared_epsilon_insensitive", dual=False, max_iter=_STEPS)
    for strength in strengths:
        rows, offsets, solved = [], [], True
        for column in targets.T:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # whoever asks says it
                model.set_params(C=strength).fit(coordinates, column)
            rows.append(model.coef_.ravel())
            offsets.append(float(np.ravel(model.intercept_)[0]))
            solved = solved and int(np.max(model.n_iter_)) < _STEPS
        yield np.stack(rows), np.array(offsets), solved
