"""The largest differences between groups of utterances, with intervals over speakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from featx.scoring.groups.measure import Measure, scale_of
from featx.scoring.groups.scores import Gap
from featx.scoring.metrics import (
    BOOTSTRAP_SEED,
    Metric,
    draw_groups,
    group_by_speaker,
    resample,
    resample_own,
)
from featx.scoring.significance import Difference


def find_gaps(
    measure: Measure,
    speakers: Sequence[str],
    places: Mapping[str, np.ndarray],
) -> dict[str, Gap]:
    """Return the largest gap in each metric; none if no two groups can be compared.

    A gap is measured on the utterances whose class both groups have. Its interval (cluster
    bootstrap; Efron and Tibshirani 1993, ch. 6 and 8) draws speakers for both groups at once if
    some are in both, so that what they have in common does not widen it, or else each group's own.

    Args:
        measure: how utterances are scored.
        speakers: the speaker of each utterance, empty if unknown.
        places: by group, which utterances it has.
    """
    every = (_pair(measure, speakers, two, places) for two in combinations(places, 2))
    pairs = [pair for pair in every if pair]
    if not pairs:
        return {}
    scale = scale_of(measure)
    metrics = measure.shared_metrics
    return {name: _largest(metric, scale, pairs) for name, metric in metrics.items()}


@dataclass(frozen=True)
class _Pair:
    """Two groups on the classes that both have.

    Attributes:
        values: what the column says of each.
        sums: (seeds, speakers, *) of each, the speakers of both in the same order.
        heard: which of these speakers each has.
        classes: how many classes both have; 0 if there are no classes.
    """

    values: tuple[str, str]
    sums: tuple[np.ndarray, np.ndarray]
    heard: tuple[np.ndarray, np.ndarray]
    classes: int

    @property
    def paired(self) -> bool:
        """Whether a speaker is in both."""
        return bool(np.intersect1d(*self.heard).size)

    def means(self, metric: Metric) -> tuple[float, float]:
        """Return the score of each, the mean over seeds."""
        first, second = (float(metric(sums.sum(1)).mean()) for sums in self.sums)
        return first, second

    def rounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (rounds, seeds, *) what is summed up over resampled speakers, of each."""
        if self.paired:
            draws = draw_groups(np.ones(self.sums[0].shape[1], dtype=np.int64))
            return resample(self.sums[0], draws), resample(self.sums[1], draws)
        generator = np.random.default_rng(BOOTSTRAP_SEED)  # goes on, so that draws are apart
        first, second = (
            resample_own(sums[:, own], generator)
            for sums, own in zip(self.sums, self.heard, strict=True)
        )
        return first, second


def _pair(
    measure: Measure,
    speakers: Sequence[str],
    values: tuple[str, str],
    places: Mapping[str, np.ndarray],
) -> _Pair | None:
    """Put two groups together, unless they have fewer than two classes in common."""
    measure = measure.between(*(places[value] for value in values))
    labels = [measure.labels[places[value]] for value in values]
    shared = np.intersect1d(*labels)
    if measure.classes and len(shared) < 2:
        return None
    chosen = [
        places[value][np.isin(own, shared)] for value, own in zip(values, labels, strict=True)
    ]
    owners = group_by_speaker([speakers[place] for place in np.concatenate(chosen).tolist()])
    count, split = int(owners.max()) + 1, len(chosen[0])
    of_each = owners[:split], owners[split:]
    sums = measure.sums(chosen[0], of_each[0], count), measure.sums(chosen[1], of_each[1], count)
    heard = np.unique(of_each[0]), np.unique(of_each[1])
    return _Pair(values, sums, heard, len(shared) if measure.classes else 0)


def _largest(metric: Metric, scale: float, pairs: Sequence[_Pair]) -> Gap:
    """Return the largest difference of a metric, with an interval for the pair that has it."""
    pair = max(pairs, key=lambda p: abs(np.subtract(*p.means(metric))))
    means = [scale * mean for mean in pair.means(metric)]
    order = (0, 1) if means[0] >= means[1] else (1, 0)
    difference = Difference(means[order[0]] - means[order[1]], None, None)
    if min(map(len, pair.heard)) > 1:
        rounds = pair.rounds()
        with np.errstate(invalid="ignore", divide="ignore"):  # rounds without one of the groups
            higher, lower = (scale * metric(rounds[place]).mean(1) for place in order)
        low, high = np.nanpercentile(higher - lower, (2.5, 97.5))
        difference = replace(difference, low=float(low), high=float(high))
    high_value, low_value = (pair.values[place] for place in order)
    return Gap(high_value, low_value, difference, pair.classes, pair.paired, len(pairs))
