"""What the heads have in common as scikit-learn estimators, on pooled features."""

from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from classifiers.rows import Rows, merge_rows


class Estimator(ClassifierMixin, BaseEstimator):
    """What both estimators have in common."""

    classes_: np.ndarray

    def _prepare(self, X: Any, y: Any, sample_weight: Any, groups: Any) -> Rows:
        """Check what is given to `fit`, and return it without doubles."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        if groups is not None:
            check_consistent_length(X, groups)
            groups = np.asarray(groups)
        counted = np.ones(len(y), bool) if sample_weight is None else sample_weight > 0
        self.classes_ = np.unique(y[counted])
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs two classes at least; the rows whose weight is "
                f"above 0 are of {len(self.classes_)} class."
            )
        labels = np.searchsorted(self.classes_, y).clip(0, len(self.classes_) - 1)
        return merge_rows(X, labels, sample_weight, groups)

    def _check(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        checked: np.ndarray = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return checked.astype(np.float64, copy=False)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the score of each class; of two classes, how far the second is above the first.

        Args:
            X: (utterances, features).

        Returns:
            (utterances, classes), or (utterances,) for two classes.
        """
        raise NotImplementedError

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return class probabilities, the softmax of `decision_function`.

        Args:
            X: (utterances, features).

        Returns:
            (utterances, classes), in the order of `classes_`.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.column_stack([expit(-scores), expit(scores)])
        shares: np.ndarray = softmax(scores, 1)
        return shares

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row.

        Args:
            X: (utterances, features).
        """
        scores = self.decision_function(X)
        places = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(1)
        labels: np.ndarray = self.classes_[places]
        return labels


def draw_seed(random_state: Any) -> int:
    """Return the seed that a parameter `random_state` stands for."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def check_fraction(fraction: float) -> float:
    """Return the share of rows to hold out, if it is one.

    Raises:
        ValueError: if it is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation_fraction={fraction!r}: must be between 0 and 1.")
    return fraction
