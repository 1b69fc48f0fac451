"""Rows that estimators are fitted on: each once with its weight, and a part held out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rows:
    """Labelled rows, no two of them alike.

    Attributes:
        features: (rows, features) float64.
        labels: (rows,) class indices.
        weights: (rows,) float64, how often each counts, positive.
        groups: (rows,) the group of each, such as its speaker; None if they have none.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: np.ndarray) -> "Rows":
        """Return some of the rows."""
        groups = None if self.groups is None else self.groups[chosen]
        return Rows(self.features[chosen], self.labels[chosen], self.weights[chosen], groups)

    def split(self, fraction: float, seed: int) -> "tuple[Rows, Rows]":
        """Return the rows to learn from and those held out, at random.

        Args:
            fraction: the share of rows to hold out: of each class, or whole groups.
            seed: the seed of the choice.

        Raises:
            ValueError: if nothing can be held out without parting with a whole class.
        """
        generator = np.random.default_rng(seed)
        if self.groups is None:
            held = _hold_out_rows(self.labels, fraction, generator)
        else:
            held = _hold_out_groups(self.labels, self.groups, fraction, generator)
        if not held.any():
            what = "two rows of a class" if self.groups is None else "two groups of a class"
            raise ValueError(
                f"no part of the n_samples={len(self)} different rows can be held out: there must "
                f"be {what}. Give more rows."
            )
        return self.take(~held), self.take(held)


def merge_rows(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> Rows:
    """Return equal rows as a single row that counts as often as they do together.

    So a weight of two is the same as two rows, a weight of zero the same as none, the order of
    rows does not matter, and no row is held out while its double is learned from.

    Args:
        features: (rows, features).
        labels: (rows,) class indices.
        weights: (rows,) how often each counts, not negative; once if None.
        groups: (rows,) the group of each, of any type; None if they have none.
    """
    weights = np.ones(len(labels)) if weights is None else weights
    counted = weights > 0
    owners = np.zeros(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    whole = np.column_stack([features, labels, owners])[counted] + 0.0  # no -0, which is equal to 0
    as_bytes = np.ascontiguousarray(whole).view(np.dtype((np.void, whole[0].nbytes))).ravel()
    _, first, places = np.unique(as_bytes, return_index=True, return_inverse=True)
    chosen = np.flatnonzero(counted)[first]
    return Rows(
        features[chosen].astype(np.float64),
        labels[chosen],
        np.bincount(places, weights[counted]),
        None if groups is None else owners[chosen],
    )


def _hold_out_rows(
    labels: np.ndarray, fraction: float, generator: np.random.Generator
) -> np.ndarray:
    """Tell which rows are held out: the share of each class, but never all of it."""
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = generator.permutation(np.flatnonzero(labels == label))
        held[own[: min(max(1, round(fraction * len(own))), len(own) - 1)]] = True
    return held


def _hold_out_groups(
    labels: np.ndarray, groups: np.ndarray, fraction: float, generator: np.random.Generator
) -> np.ndarray:
    """Tell which rows are held out: groups up to the share of all, and no class as a whole."""
    held = np.zeros(len(labels), bool)
    classes = len(np.unique(labels))
    for group in generator.permutation(np.unique(groups)):
        more = held | (groups == group)
        if len(np.unique(labels[~more])) == classes:
            held = more
        if held.mean() >= fraction:
            break
    return held
