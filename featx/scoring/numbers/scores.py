"""Scores of predicted numbers, such as arousal, with an interval over speakers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from featx.scoring.metrics import Score, draw_groups, group_by_speaker, score_of

METRICS = ("ccc", "pearson", "rmse")
_CANCELLED = 1e-12  # the share of a mean square below which a variance is rounding


class SeedNumbers(NamedTuple):
    """What the models of a seed predicted, of each test utterance.

    Attributes:
        truth: (utterances, dimensions) float64.
        predictions: (utterances, dimensions).
        speakers: the speaker of each utterance, empty if unknown.
    """

    truth: np.ndarray
    predictions: np.ndarray
    speakers: Sequence[str]


class Sums(NamedTuple):
    """What the numbers of groups of utterances add up to; all scores follow from it.

    Attributes:
        values: (groups, dimensions, 7): the utterances, true values, predictions, both squared,
            their products, and squared misses. True values and predictions are less their means.
        apart: (dimensions,) the mean true value less the mean prediction.
    """

    values: np.ndarray
    apart: np.ndarray


def add_up(seed: SeedNumbers, groups: np.ndarray) -> Sums:
    """Add up the numbers of groups of utterances.

    Args:
        seed: the numbers.
        groups: (utterances,) index of the speaker or other group.
    """
    truth, found = seed.truth.astype(np.float64), seed.predictions.astype(np.float64)
    misses = truth - found
    x, y = (_centred(values) for values in (truth, found))
    each = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, misses * misses], -1)
    values = np.zeros((int(groups.max()) + 1, *each.shape[1:]))
    np.add.at(values, groups, each)
    return Sums(values, misses.mean(0))


def _centred(values: np.ndarray) -> np.ndarray:
    values = values - values[0]  # so that what never varies is 0 to the last bit
    centred: np.ndarray = values - values.mean(0)
    return centred


def measure(values: np.ndarray, apart: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of utterances.

    They are Lin's concordance correlation coefficient (CCC, 1989), 2 s_xy / (s_x² + s_y² + (x̄ -
    ȳ)²), Pearson's correlation, and the root of the mean squared error (RMSE), all with moments
    that divide by the number of utterances. Where nothing varies, both coefficients are 0.

    Args:
        values: (..., dimensions, 7), as in `Sums`.
        apart: (dimensions,) as in `Sums`.

    Returns:
        "ccc", "pearson" and "rmse", each (..., dimensions).
    """
    count, x, y, xx, yy, xy, missed = np.moveaxis(values, -1, 0)
    x, y, xx, yy, xy = (sums / count for sums in (x, y, xx, yy, xy))
    first, second = _variance(xx, x), _variance(yy, y)
    both, gap = xy - x * y, apart + x - y
    return {
        "ccc": _ratio(2 * both, first + second + gap * gap),
        "pearson": _ratio(both, np.sqrt(first * second)),
        "rmse": np.sqrt(missed / count),
    }


def _variance(squares: np.ndarray, mean: np.ndarray) -> np.ndarray:
    variance = squares - mean * mean
    return np.where(variance > _CANCELLED * squares, variance, 0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return ratio


class NumberScores(NamedTuple):
    """Scores of predicted numbers.

    Attributes:
        mean: the CCC, averaged over dimensions.
        each: "ccc", "pearson" and "rmse" of each dimension.
    """

    mean: Score
    each: Sequence[Mapping[str, Score]]


def score_numbers(seeds: Sequence[SeedNumbers]) -> NumberScores:
    """Score a system's seeds.

    Intervals resample whole speakers, as those of `score_seeds` do.

    Args:
        seeds: what each predicted. An utterance without a speaker counts as a speaker of its own.
            If any speaker is unknown, all seeds have the same utterances in the same order.
    """
    whole, drawn = measure_seeds(seeds), resample_seeds(seeds)
    each = [
        {
            name: score_of(values[:, place], drawn[name][..., place].mean(1))
            for name, values in whole.items()
        }
        for place in range(seeds[0].truth.shape[1])
    ]
    return NumberScores(score_of(whole["ccc"].mean(-1), drawn["ccc"].mean(-1).mean(1)), each)


def measure_seeds(seeds: Sequence[SeedNumbers]) -> dict[str, np.ndarray]:
    """Return each metric of each seed, (seeds, dimensions)."""
    sums = (add_up(seed, np.zeros(len(seed.truth), int)) for seed in seeds)
    return _joined([measure(own.values[0], own.apart) for own in sums], 0)


def resample_seeds(seeds: Sequence[SeedNumbers]) -> dict[str, np.ndarray]:
    """Return each metric with speakers drawn anew, (rounds, seeds, dimensions).

    The draws are the same for all seeds, and at every call with as many speakers.
    """
    rounds = []
    for seed in seeds:
        values, apart = add_up(seed, group_by_speaker(seed.speakers))
        draws = draw_groups(np.ones(len(values), int)).astype(float)
        totals = draws @ values.reshape(len(values), -1)
        rounds.append(measure(totals.reshape(len(draws), *values.shape[1:]), apart))
    return _joined(rounds, 1)


def _joined(found: Sequence[dict[str, np.ndarray]], axis: int) -> dict[str, np.ndarray]:
    return {name: np.stack([own[name] for own in found], axis) for name in found[0]}
