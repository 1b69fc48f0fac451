"""Silhouettes: how far apart groups of utterances lie, with intervals over speakers."""

from dataclasses import dataclass

import numpy as np

from featx.layer_analysis.maps.choices import Metric

PARTS = 50  # groups of speakers at most that are left out in turn


@dataclass(frozen=True)
class Silhouette:
    """The mean silhouette of utterances under a grouping.

    Attributes:
        mean: from -1 to 1: 1 if groups are tight and far from each other, 0 if they overlap, below
            0 if utterances are nearer to another group than to their own.
        low: the low end of the 95 % interval over speakers; None if it is not known.
        high: the high end.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        mean = _signed(self.mean)
        if self.low is None or self.high is None:
            return mean
        return f"{mean} ({_signed(self.low)} to {_signed(self.high)})"


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def measure_distances(features: np.ndarray, metric: Metric) -> np.ndarray:
    """Return (utterances, utterances) float64, how far rows of features are from each other."""
    from sklearn.metrics import pairwise_distances

    return np.asarray(pairwise_distances(features, metric=metric))


def find_silhouette(
    distances: np.ndarray, groups: np.ndarray, speakers: np.ndarray | None
) -> Silhouette:
    """Measure how far apart groups lie (Rousseeuw 1987, "Silhouettes").

    The interval is a jackknife (Efron and Tibshirani 1993, "An Introduction to the Bootstrap",
    eq. 11.5): each speaker's utterances are left out in turn, from the groups as well as from the
    mean. Of more than 50 speakers, several are left out at once.

    Args:
        distances: (utterances, utterances).
        groups: (utterances,) numbers from 0; utterances with -1 are left out.
        speakers: (utterances,) numbers from 0; None if they are not known, then there is no
            interval.
    """
    known = groups >= 0
    if not known.all():
        distances, groups = distances[np.ix_(known, known)], groups[known]
        speakers = None if speakers is None else speakers[known]
    members = np.eye(int(groups.max()) + 1)[groups]
    sums = distances @ members
    mean = _mean(sums, members.sum(0), groups)
    if speakers is None:
        return Silhouette(mean)
    others = []
    _, numbers = np.unique(speakers, return_inverse=True)
    for part in range(min(PARTS, int(numbers.max()) + 1)):
        out = numbers % PARTS == part
        within = ~out
        rest = sums[within] - distances[np.ix_(within, out)] @ members[out]
        others.append(_mean(rest, members[within].sum(0), groups[within]))
    return Silhouette(mean, *_interval(mean, np.array(others)))


def _mean(sums: np.ndarray, counts: np.ndarray, groups: np.ndarray) -> float:
    """Return the mean silhouette of utterances; NaN if fewer than two groups have any.

    Args:
        sums: (utterances, groups), the distances of each utterance to all of a group, added up.
        counts: (groups,) how many utterances each has.
        groups: (utterances,) the group of each.
    """
    if np.count_nonzero(counts) < 2:
        return np.nan
    rows, own = np.arange(len(groups)), counts[groups]
    within = sums[rows, groups] / np.maximum(own - 1, 1)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.inf), where=counts > 0)
    means[rows, groups] = np.inf
    nearest = means.min(1)
    larger = np.maximum(within, nearest)
    apart = np.divide(nearest - within, larger, out=np.zeros(len(rows)), where=larger > 0)
    return float(np.where(own > 1, apart, 0).mean())  # an utterance alone in its group has 0


def _interval(mean: float, others: np.ndarray) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a mean, by those without each part."""
    from scipy.stats import t

    count = len(others)
    if count < 2 or not np.isfinite(others).all():
        return None, None
    error = np.sqrt((count - 1) / count * np.square(others - others.mean()).sum())
    reach = float(t.ppf(0.975, count - 1) * error)
    return mean - reach, mean + reach
