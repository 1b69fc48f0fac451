"""Groups of test utterances of which classes were predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featx.scoring.classes.results import SeedPredictions
from featx.scoring.metrics import METRICS, Metric, count_confusions, labelled_f1


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

    @classmethod
    def of(cls, classes: Sequence[str], seeds: Sequence[SeedPredictions]) -> "Classified":
        """Take what seeds predicted of the same utterances."""
        return cls(classes, seeds[0].labels, np.stack([seed.predictions for seed in seeds]))

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
