"""Groups of test utterances of which numbers were predicted, such as arousal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featx.scoring.metrics import Metric
from featx.scoring.numbers.scores import SeedNumbers, measure


@dataclass(frozen=True)
class Numbered:
    """Numbers of the test utterances: a `Measure` of CCC and, of a single dimension, RMSE.

    Attributes:
        truth: (utterances, dimensions) true values.
        predictions: (seeds, utterances, dimensions).
    """

    truth: np.ndarray
    predictions: np.ndarray

    @classmethod
    def of(cls, seeds: Sequence[SeedNumbers]) -> "Numbered":
        """Take what seeds predicted of the same utterances."""
        return cls(seeds[0].truth, np.stack([seed.predictions for seed in seeds]))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """CCC, averaged over dimensions, which have units of their own; RMSE of a single one."""
        names = ("ccc", "rmse") if self.truth.shape[1] == 1 else ("ccc",)
        return {name: _averaged(name) for name in names}

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same: there are no classes."""
        return self.metrics

    @property
    def percent(self) -> bool:
        """They are no shares."""
        return False

    @property
    def labels(self) -> np.ndarray:
        """All the same."""
        return np.zeros(len(self.truth), dtype=np.int64)

    @property
    def classes(self) -> Sequence[str]:
        """None."""
        return ()

    def between(self, first: np.ndarray, second: np.ndarray) -> "Numbered":
        """Return the same: all groups have the same dimensions."""
        return self

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Add up moments about the mean true value, as `Measure` and `numbers.Sums` say."""
        centre = self.truth.mean(0)
        x, true = self.truth[places] - centre, self.truth[places]
        found = []
        for predicted in self.predictions[:, places]:
            y, miss = predicted - centre, true - predicted
            each = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, miss * miss], -1)
            sums = np.zeros((count, *each.shape[1:]))
            np.add.at(sums, owners, each)
            found.append(sums)
        return np.stack(found)


def _averaged(name: str) -> Metric:
    def metric(sums: np.ndarray) -> np.ndarray:
        averaged: np.ndarray = measure(sums, np.zeros(()))[name].mean(-1)
        return averaged

    return metric
