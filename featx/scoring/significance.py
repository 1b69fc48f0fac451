"""Whether two systems differ by more than chance, on the same test utterances."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import bdtr, betaincinv

from featx.scoring.metrics import resample, uar


@dataclass(frozen=True)
class Difference:
    """What the first of two systems has beyond the second, in points of UAR or another score.

    Attributes:
        mean: the difference of the means over seeds.
        low: the 2.5th percentile when the speakers, or other groups, are resampled; None if
            there is only one group.
        high: the 97.5th percentile; None if there is only one group.
    """

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Resampled:
    """The UAR of a system in percent, or another score, as it is and on resampled groups.

    Attributes:
        mean: the mean over seeds.
        rounds: (rounds,) the mean on each draw; None if there is only one group, since every
            round would then draw the same.
    """

    mean: float
    rounds: np.ndarray | None


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of one prediction an utterance and system.

    Attributes:
        only_first: utterances that only the first system recognised.
        only_second: utterances that only the second recognised.
        p: how likely counts at least so uneven are if both recognise equally well; two-sided.
    """

    only_first: int
    only_second: int
    p: float


def exact_interval(hits: int, utterances: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share of utterances (Clopper and Pearson 1934).

    It treats utterances as independent, so it is too narrow where speakers have many each.

    Args:
        hits: how many were recognised.
        utterances: how many there were.

    Returns:
        Both ends in percent.
    """
    missed = utterances - hits
    low = betaincinv(hits, missed + 1, 0.025) if hits else 0.0
    high = betaincinv(hits + 1, missed, 0.975) if missed else 1.0
    return 100 * float(low), 100 * float(high)


def shares_differ(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the p of two shares of different utterances being the same (Fisher 1922, exact test).

    As `exact_interval`, it treats utterances as independent.

    Args:
        first: how many utterances were recognised, and how many there were.
        second: the same of the other.
    """
    from scipy.stats import fisher_exact  # which takes a second, and few comparisons want it

    table = [(hits, utterances - hits) for hits, utterances in (first, second)]
    return float(fisher_exact(table).pvalue)


def resample_uar(confusions: np.ndarray, draws: np.ndarray) -> Resampled:
    """Score a system on its test utterances and on resampled groups of them.

    Args:
        confusions: (seeds, groups, classes, classes) counts, true class by predicted class.
        draws: (rounds, groups), as from `draw_groups`.
    """
    mean = float(100 * uar(confusions.sum(1)).mean())
    alone = confusions.shape[1] == 1
    return Resampled(mean, None if alone else 100 * uar(resample(confusions, draws)).mean(1))


def subtract(first: Resampled, second: Resampled) -> Difference:
    """Compare the UAR of two systems by a paired bootstrap.

    Both are scored on the same resampled speakers in every round (cluster bootstrap; Efron and
    Tibshirani 1993, ch. 6 and 8), so that what is hard for both does not widen the interval.

    Args:
        first: a system on some draws.
        second: another on the same draws of the same utterances.
    """
    mean = first.mean - second.mean
    if first.rounds is None or second.rounds is None:
        return Difference(mean, None, None)
    low, high = np.percentile(first.rounds - second.rounds, (2.5, 97.5))
    return Difference(mean, float(low), float(high))


def bootstrap_p(first: Resampled, second: Resampled) -> float:
    """Return the p at which the percentile interval of a difference would end at none.

    It inverts the interval of percentiles (Efron and Tibshirani 1993, ch. 13), with a draw more on
    either side, so that it is never 0.

    Args:
        first: a system on some draws.
        second: another on the same draws of the same utterances.

    Returns:
        Two-sided; 1 if there is only one group.
    """
    if first.rounds is None or second.rounds is None:
        return 1.0
    draws = first.rounds - second.rounds
    below, above = np.count_nonzero(draws <= 0), np.count_nonzero(draws >= 0)
    return float(min(1, 2 * (min(below, above) + 1) / (len(draws) + 1)))


def mcnemar(first: np.ndarray, second: np.ndarray) -> McNemar:
    """Test whether two systems recognise equally many utterances (McNemar 1947).

    The exact form: of the utterances that just one recognised, those of the first are a binomial
    with probability 1/2 (Edwards 1948, Dietterich 1998).

    Args:
        first: (utterances,) whether the first system recognised each.
        second: (utterances,) the same of the second.
    """
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    either = only_first + only_second
    if not either:
        return McNemar(only_first, only_second, 1.0)
    fewer = bdtr(min(only_first, only_second), either, 0.5)  # of the two tails, which are alike
    return McNemar(only_first, only_second, float(min(1, 2 * fewer)))


def mcnemar_of_seeds(first: np.ndarray, second: np.ndarray) -> list[McNemar]:
    """Test every seed of one system against every seed of the other.

    Seeds of the same number have nothing in common beyond it, so none are paired.

    Args:
        first: (seeds, utterances) whether the first system recognised each.
        second: (seeds, utterances) the same of the second; its seeds can be of another number.

    Returns:
        Those of the first's first seed, then of its second, and so on.
    """
    return [mcnemar(of_first, of_second) for of_first, of_second in product(first, second)]


def describe_p(value: float) -> str:
    """Return a p-value as tables show it: "0.012", or "1.2e-05" below 0.001."""
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def combine(values: Sequence[float]) -> float:
    """Combine p-values of one hypothesis: twice their median, at most 1; a single one is kept.

    The result is a p-value whatever the dependence between them (Rüger 1978; Vovk and Wang 2020,
    "Combining p-values via averaging", Biometrika 107(4)). Tests that share a seed do depend.

    Args:
        values: p of each test.
    """
    return float(values[0] if len(values) == 1 else min(1, 2 * np.median(values)))


def holm(values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number by Holm's step-down procedure (Holm 1979).

    Args:
        values: p of each test.

    Returns:
        The adjusted ones, in the same order.
    """
    ordered = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    stepped = np.maximum.accumulate(np.asarray(values)[ordered] * factors)
    adjusted = np.empty(len(values))
    adjusted[ordered] = np.minimum(stepped, 1)
    return [float(value) for value in adjusted]
