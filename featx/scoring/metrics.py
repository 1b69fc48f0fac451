"""Scores of predictions, with deviation over seeds and an interval over speakers."""

from collections.abc import Callable, Mapping, Sequence
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


def labelled_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean of F1 over classes that are true anywhere; predicted alone does not count.

    Args:
        confusion: as for `macro_f1`.

    Returns:
        (...) from 0 to 1.
    """
    true = confusion.sum(-1)
    return _mean_where(true > 0, 2 * _diagonal(confusion), true + confusion.sum(-2))


Metric = Callable[[np.ndarray], np.ndarray]
METRICS: Mapping[str, Metric] = {"uar": uar, "wa": wa, "macro_f1": macro_f1}


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


def score_seeds(
    sums: Sequence[np.ndarray], metrics: Mapping[str, Metric] = METRICS, scale: float = 100
) -> dict[str, Score]:
    """Score one system's seeds by every metric.

    The interval resamples whole speakers, since a speaker's utterances are not independent
    (cluster bootstrap; Efron and Tibshirani 1993, ch. 6 and 8): in each of 2,000 rounds as many
    speakers are drawn with replacement as there are, the same for all seeds, and the mean over
    seeds is scored again. With few speakers it is too narrow.

    Args:
        sums: for each seed (speakers, *), what the metrics are computed from, such as the
            confusions that `count_confusions` gives; the groups can also be single utterances.
        metrics: by name.
        scale: what their values are multiplied by; by default shares become percent.

    Returns:
        For each metric its score.
    """
    stacked = np.stack(sums)
    resampled = resample_own(stacked, np.random.default_rng(BOOTSTRAP_SEED))
    return {
        name: score_of(scale * metric(stacked.sum(1)), scale * metric(resampled).mean(1))
        for name, metric in metrics.items()
    }


def score_of(values: np.ndarray, drawn: np.ndarray) -> Score:
    """Return the score of (seeds,) values, with the interval of (rounds,) draws of their mean."""
    low, high = np.percentile(drawn, (2.5, 97.5))
    std = values.std(ddof=1) if len(values) > 1 else np.nan
    return Score(float(values.mean()), float(std), float(low), float(high))


def draw_groups(counts: np.ndarray, generator: np.random.Generator | None = None) -> np.ndarray:
    """Draw as many speakers, or other groups, with replacement as there are.

    Args:
        counts: (kinds,) how many groups there are of each kind.
        generator: where to draw from; by default the same at every call.

    Returns:
        (RESAMPLES, kinds) how often groups of each kind were drawn.
    """
    groups = counts.sum()
    generator = generator or np.random.default_rng(BOOTSTRAP_SEED)
    return generator.multinomial(groups, counts / groups, size=RESAMPLES)


def resample(sums: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Add up what the groups have that were drawn.

    Args:
        sums: (seeds, groups, *), such as counts of true class by predicted class.
        draws: (rounds, groups), as from `draw_groups`.

    Returns:
        (rounds, seeds, *)
    """
    seeds, groups, *shape = sums.shape
    rows = sums.swapaxes(0, 1).reshape(groups, -1)
    # exact, and faster than with integers
    drawn: np.ndarray = draws.astype(float) @ rows.astype(float)
    return drawn.reshape(len(draws), seeds, *shape)


def resample_own(sums: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw groups as `draw_groups` does, and add up what they have as `resample` does.

    Drawing among equal groups is drawing their kind: the same distribution from a fraction of
    the work when groups are single utterances, most of which are recognised alike.
    """
    groups = sums.swapaxes(0, 1)
    kinds, first, counts = np.unique(groups, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    return resample(kinds[order].swapaxes(0, 1), draw_groups(counts[order], generator))


def _diagonal(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _mean_where(counts: np.ndarray, hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Average hits / total over the classes that count."""
    ratios = np.divide(hits, total, out=np.zeros(total.shape), where=counts)
    return np.asarray(ratios.sum(-1) / counts.sum(-1))
