"""Scores of predictions, with deviation over seeds and an interval over speakers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000  # of the bootstrap
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Score:
    """One figure of merit: of classes in percent, of numbers in its own unit.

    Attributes:
        mean: over seeds.
        std: sample deviation over seeds (ddof 1); NaN for one seed.
        low: 2.5th percentile of the mean when the speakers, or other groups, are resampled.
        high: 97.5th percentile of the same.
    """

    mean: float
    std: float
    low: float
    high: float

    def __str__(self) -> str:
        return format(self, ".1f")

    def __format__(self, form: str) -> str:
        std = "" if np.isnan(self.std) else f" ± {self.std:{form or '.1f'}}"
        return f"{self.mean:{form or '.1f'}}{std}"

    def interval(self, form: str) -> str:
        """Return "0.71 to 0.80"."""
        return f"{self.low:{form}} to {self.high:{form}}"


def uar(confusion: np.ndarray) -> np.ndarray:
    """Unweighted average recall: the mean over classes of the share recognised.

    Also called macro recall or balanced accuracy. Classes without utterances do not count.

    Args:
        confusion: (..., classes, classes) counts, true class by predicted class.

    Returns:
        (...) from 0 to 1.
    """
    support = confusion.sum(-1)
    return _mean_where(support > 0, _diagonal(confusion), support)


def wa(confusion: np.ndarray) -> np.ndarray:
    """Weighted accuracy: the share of utterances recognised, plain accuracy.

    Args:
        confusion: (..., classes, classes) counts, true class by predicted class.

    Returns:
        (...) from 0 to 1.
    """
    return np.asarray(_diagonal(confusion).sum(-1) / confusion.sum((-2, -1)))


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean over classes of F1, 2 TP / (true + predicted).

    Classes that are neither true nor predicted anywhere do not count.

    Args:
        confusion: (..., classes, classes) counts, true class by predicted class.

    Returns:
        (...) from 0 to 1.
    """
    total = confusion.sum(-1) + confusion.sum(-2)
    return _mean_where(total > 0, 2 * _diagonal(confusion), total)


METRICS = {"uar": uar, "wa": wa, "macro_f1": macro_f1}


def group_by_speaker(speakers: Sequence[str]) -> np.ndarray:
    """Number the speakers of utterances.

    Args:
        speakers: the speaker of each utterance, empty if unknown.

    Returns:
        (utterances,) the number of each one's speaker. An utterance without a speaker has a
        number of its own.
    """
    owners = [speaker or f"\0{index}" for index, speaker in enumerate(speakers)]
    return np.unique(owners, return_inverse=True)[1]


def count_confusions(
    labels: np.ndarray, predictions: np.ndarray, groups: np.ndarray, classes: int
) -> np.ndarray:
    """Count a confusion matrix for every group.

    Args:
        labels: (utterances,) true class indices.
        predictions: (utterances,) predicted class indices.
        groups: (utterances,) index of the speaker or other group.
        classes: how many classes there are.

    Returns:
        (groups, classes, classes) counts, true class by predicted class.
    """
    confusions = np.zeros((int(groups.max()) + 1, classes, classes), dtype=np.int64)
    np.add.at(confusions, (groups, labels, predictions), 1)
    return confusions


def score_seeds(confusions: Sequence[np.ndarray]) -> dict[str, Score]:
    """Score one system's seeds by every metric.

    The interval resamples whole speakers, since a speaker's utterances are not independent
    (cluster bootstrap; Efron and Tibshirani 1993, ch. 6 and 8): in each of 2,000 rounds as many
    speakers are drawn with replacement as there are, the same for all seeds, and the mean over
    seeds is scored again. With few speakers it is too narrow.

    Args:
        confusions: for each seed (speakers, classes, classes), as from `count_confusions`; the
            groups can also be single utterances.

    Returns:
        For each of `METRICS` its score in percent.
    """
    stacked = np.stack(confusions)
    kinds, counts = _distinct_groups(stacked)
    resampled = resample(kinds, draw_groups(counts))
    scores = {}
    for name, metric in METRICS.items():
        values = 100 * metric(stacked.sum(1))
        low, high = np.percentile(100 * metric(resampled).mean(1), (2.5, 97.5))
        std = values.std(ddof=1) if len(values) > 1 else np.nan
        scores[name] = Score(float(values.mean()), float(std), float(low), float(high))
    return scores


def draw_groups(counts: np.ndarray) -> np.ndarray:
    """Draw as many speakers, or other groups, with replacement as there are.

    Args:
        counts: (kinds,) how many groups there are of each kind.

    Returns:
        (RESAMPLES, kinds) how often groups of each kind were drawn; the same at every call.
    """
    groups = counts.sum()
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    return generator.multinomial(groups, counts / groups, size=RESAMPLES)


def resample(confusions: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Add up the counts of the groups that were drawn.

    Args:
        confusions: (seeds, groups, classes, classes) counts, true class by predicted class.
        draws: (rounds, groups), as from `draw_groups`.

    Returns:
        (rounds, seeds, classes, classes) counts.
    """
    seeds, groups, classes, _ = confusions.shape
    rows = confusions.transpose(1, 0, 2, 3).reshape(groups, -1)
    # exact, and faster than with integers
    sums: np.ndarray = draws.astype(float) @ rows.astype(float)
    return sums.reshape(len(draws), seeds, classes, classes)


def _distinct_groups(confusions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct groups in the order met, and how often each is there.

    Drawing among equal speakers is drawing their kind: the same distribution from a fraction of
    the work when groups are single utterances, most of which are recognised alike.
    """
    groups = confusions.swapaxes(0, 1)
    kinds, first, counts = np.unique(groups, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    return kinds[order].swapaxes(0, 1), counts[order]


def _diagonal(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _mean_where(counts: np.ndarray, hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Average hits / total over the classes that count."""
    ratios = np.divide(hits, total, out=np.zeros(total.shape), where=counts)
    return np.asarray(ratios.sum(-1) / counts.sum(-1))
