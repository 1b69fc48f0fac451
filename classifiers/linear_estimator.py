"""Linear heads as a scikit-learn estimator."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from classifiers.estimator import Estimator, check_fraction, draw_seed
from classifiers.rows import Rows
from classifiers.solvers import LinearKind, Solution, solve_linear

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # as configs/heads/linear.toml has them


class LinearClassifier(Estimator):
    """featx's linear heads: multinomial logistic regression, or a support vector machine.

    Features are standardised by the rows given to `fit`, and all classes weigh the same. Logistic
    regression is solved to the end. Without a `strength`, part of the rows is held out, the
    strength with the highest UAR on it is chosen, and all rows are fitted with that.

    Args:
        kind: "linear" for multinomial logistic regression, "svm" for a linear support vector
            machine, each class against the others. Probabilities of "svm" are the softmax of
            its margins and not calibrated.
        strength: C, the inverse of regularisation; None to choose among `strengths`.
        strengths: values of C to try, of which the first of the best is taken.
        validation_fraction: the share of rows that is held out to choose; whole groups if `fit`
            is given groups.
        random_state: an integer or generator of numpy, which rows are held out.

    Attributes:
        classes_: (classes,) the labels, sorted.
        strength_: the strength that was taken.
        coef_: (classes, features) weights of features as they are given; (1, features) for two.
        intercept_: (classes,) offsets; (1,) for two.

    Example:
        >>> from sklearn.model_selection import GroupKFold, cross_val_score
        >>> x, y, speakers = featx.pooled_features("features/manifest/encoder")
        >>> scores = cross_val_score(
        ...     featx.LinearClassifier(), x, y, groups=speakers, cv=GroupKFold(3)
        ... )
    """

    def __init__(
        self,
        kind: LinearKind = "linear",
        *,
        strength: float | None = None,
        strengths: Sequence[float] = STRENGTHS,
        validation_fraction: float = 0.2,
        random_state: Any = 0,
    ) -> None:
        self.kind = kind
        self.strength = strength
        self.strengths = strengths
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Fit the classifier.

        Args:
            X: (utterances, features) pooled features, as `featx.pooled_features` returns them.
            y: (utterances,) labels.
            sample_weight: (utterances,) how often each row counts; once if None.
            groups: (utterances,) such as speakers: none is both learned from and held out.

        Raises:
            ValueError: if a parameter or the rows can't be used.
        """
        strengths = self._strengths()
        rows = self._prepare(X, y, sample_weight, groups)
        seed = draw_seed(self.random_state)
        if len(strengths) > 1:
            learned, held = rows.split(check_fraction(self.validation_fraction), seed)
            tried = zip(strengths, self._solve(learned, strengths, seed), strict=True)
            recalls = {strength: _uar(found, held) for strength, found in tried}
            strengths = [max(recalls, key=recalls.__getitem__)]
        ((self.strength_, found),) = zip(strengths, self._solve(rows, strengths, seed), strict=True)
        if not found.solved:
            warnings.warn(
                f"the classifier did not converge at C = {self.strength_:g}; a smaller `strength` "
                "may help",
                ConvergenceWarning,
                stacklevel=2,
            )
        self.coef_, self.intercept_ = found.matrix, found.offset
        if len(self.classes_) == 2:
            self.coef_, self.intercept_ = np.diff(self.coef_, axis=0), np.diff(self.intercept_)
        return self

    def _strengths(self) -> list[float]:
        if self.kind not in ("linear", "svm"):
            raise ValueError(f"kind={self.kind!r}: choose 'linear' or 'svm'.")
        name = "strengths" if self.strength is None else "strength"
        given = self.strengths if self.strength is None else [self.strength]
        if not len(given) or not all(1e-12 <= strength <= 1e12 for strength in given):
            raise ValueError(
                f"{name}={getattr(self, name)!r}: a strength is a number from 1e-12 to 1e12."
            )
        return [float(strength) for strength in given]

    def _solve(self, rows: Rows, strengths: Sequence[float], seed: int) -> Iterator[Solution]:
        classes, weights = len(self.classes_), rows.weights
        return solve_linear(
            self.kind, rows.features, rows.labels, strengths, classes, seed, weights
        )

    def decision_function(self, X: Any) -> np.ndarray:
        """Return logits or margins; of two classes, how far the second is above the first."""
        scores: np.ndarray = self._check(X) @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores


def _uar(found: Solution, rows: Rows) -> float:
    """Return the unweighted average recall of a classifier."""
    right = (rows.features @ found.matrix.T + found.offset).argmax(1) == rows.labels
    classes = [rows.labels == label for label in np.unique(rows.labels)]
    return float(np.mean([np.average(right[own], weights=rows.weights[own]) for own in classes]))
