"""What groups of utterances are scored by: sums over each speaker, and metrics of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from featx.scoring.metrics import METRICS, Metric, count_confusions, labelled_f1


class Measure(Protocol):
    """What some utterances are scored by, for each seed alike."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """By name, the foremost first, from sums (..., seeds, *) to scores (..., seeds)."""

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same for gaps, where utterances are of classes that both groups have."""

    @property
    def percent(self) -> bool:
        """Whether scores are shares, which are told in percent."""

    @property
    def labels(self) -> np.ndarray:
        """(utterances,) the class of each; all the same if what is learned has no classes."""

    @property
    def classes(self) -> Sequence[str]:
        """The names of the classes; none if what is learned has no classes."""

    def between(self, first: np.ndarray, second: np.ndarray) -> "Measure":
        """Return what two groups are compared by.

        Args:
            first: which utterances a group has.
            second: which the other has.
        """

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Add up over utterances what the metrics are computed from.

        Args:
            places: (chosen,) which utterances.
            owners: (chosen,) the number of each one's speaker.
            count: how many speakers there are.

        Returns:
            (seeds, count, *)
        """


@dataclass(frozen=True)
class Classified:
    """Labels and predictions of the test utterances: a `Measure` of UAR, WA and macro F1.

    Attributes:
        classes: the names of the classes.
        labels: (utterances,) true class indices.
        predictions: (seeds, utterances) predicted class indices.
    """

    classes: Sequence[str]
    labels: np.ndarray
    predictions: np.ndarray

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """UAR, WA and macro F1."""
        return METRICS

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same, but that F1 is of these classes alone, whatever else is predicted."""
        return {**METRICS, "macro_f1": labelled_f1}

    @property
    def percent(self) -> bool:
        """They are shares."""
        return True

    def between(self, first: np.ndarray, second: np.ndarray) -> "Classified":
        """Return the same: utterances of classes that a group lacks are left out."""
        return self

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Count the confusions of some utterances, as `Measure` says."""
        labels, size = self.labels[places], len(self.classes)
        found = [count_confusions(labels, p[places], owners, size) for p in self.predictions]
        absent = count - len(found[0])
        return np.pad(np.stack(found), ((0, 0), (0, absent), (0, 0), (0, 0)))


def scale_of(measure: Measure) -> float:
    """Return what scores are multiplied by to be told: 100 for percent."""
    return 100 if measure.percent else 1
