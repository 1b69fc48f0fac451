"""Groups of test utterances of which several labels were predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from featx.scoring.labels.scores import SeedLabels, count_labels, fitting_f1
from featx.scoring.metrics import Metric


@dataclass(frozen=True)
class Labelled:
    """Labels of the test utterances: a `Measure` of macro and micro F1.

    Attributes:
        seeds: what each predicted of the same utterances.
    """

    seeds: Sequence[SeedLabels]

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Macro F1, of the labels that fit an utterance of the group, and micro F1."""
        return {name: _f1(name) for name in ("macro_f1", "micro_f1")}

    @property
    def shared_metrics(self) -> Mapping[str, Metric]:
        """The same: no utterance has a class of its own."""
        return self.metrics

    @property
    def percent(self) -> bool:
        """They are shares."""
        return True

    @property
    def labels(self) -> np.ndarray:
        """All the same."""
        return np.zeros(len(self.seeds[0].fits), dtype=np.int64)

    @property
    def classes(self) -> Sequence[str]:
        """None."""
        return ()

    def between(self, first: np.ndarray, second: np.ndarray) -> "Labelled":
        """Return the measure of the labels that fit an utterance of each group."""
        fits = self.seeds[0].fits
        both = fits[first].any(0) & fits[second].any(0)
        return Labelled([seed.of(both) for seed in self.seeds])

    def sums(self, places: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
        """Count hits, predictions and fits of each label, as `Measure` and `count_labels` say."""
        found = []
        for seed in self.seeds:
            fits, predicted, probabilities = (part[places] for part in seed[:3])
            own = count_labels(SeedLabels(fits, predicted, probabilities, ()), owners)
            found.append(np.pad(own, ((0, count - len(own)), (0, 0), (0, 0))))
        return np.stack(found)


def _f1(name: str) -> Metric:
    def metric(sums: np.ndarray) -> np.ndarray:
        return fitting_f1(sums)[name]

    return metric
