"""How much each class counts in training."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from classifiers.settings import PositiveFinite

ClassWeights = Literal["none", "balanced"] | dict[str, PositiveFinite]
"""No weights, those with which all classes weigh the same, or a number for some classes."""


def weigh_classes(
    wanted: Literal["none", "balanced"] | Mapping[str, float],
    counts: np.ndarray,
    names: Sequence[str],
) -> np.ndarray:
    """Return the weight of each class.

    Args:
        wanted: "balanced" for what scikit-learn's `class_weight="balanced"` gives, utterances over
            classes times the class's utterances (King and Zeng 2001, "Logistic Regression in Rare
            Events Data"); numbers by class for these, and 1 for all others.
        counts: (classes,) how many utterances each class has in training, in parts where labels
            are soft. Balanced, a class that has none weighs 1, and is not counted.
        names: the classes; needed where weights are given by them.

    Returns:
        (classes,) float64.
    """
    if wanted == "none":
        return np.ones(len(counts))
    if wanted == "balanced":
        there = counts > 0
        each = np.count_nonzero(there) * np.where(there, counts, 1)
        balanced: np.ndarray = np.where(there, counts.sum() / each, 1.0)
        return balanced
    assert not isinstance(wanted, str)
    return np.array([wanted.get(name, 1.0) for name in names])
