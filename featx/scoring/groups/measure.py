"""What groups of utterances are scored by: sums over each speaker, and metrics of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from featx.scoring.metrics import Metric


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


def scale_of(measure: Measure) -> float:
    """Return what scores are multiplied by to be told: 100 for percent."""
    return 100 if measure.percent else 1
