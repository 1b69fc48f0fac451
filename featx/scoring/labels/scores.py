"""Scores where several labels may fit an utterance, with an interval over speakers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from classifiers.choices import THRESHOLD
from featx.scoring.metrics import Score, draw_groups, group_by_speaker, score_of

METRICS = ("macro_f1", "micro_f1", "map")
_ROUNDS = 100  # of the bootstrap that are computed at once


class SeedLabels(NamedTuple):
    """What the models of a seed predicted, of each test utterance.

    Attributes:
        fits: (utterances, labels) which labels fit.
        found: (utterances, labels) which were predicted.
        probabilities: (utterances, labels) as they were predicted.
        speakers: the speaker of each utterance, empty if unknown.
    """

    fits: np.ndarray
    found: np.ndarray
    probabilities: np.ndarray
    speakers: Sequence[str]

    @classmethod
    def at(
        cls,
        fits: np.ndarray,
        probabilities: np.ndarray,
        speakers: Sequence[str],
        threshold: float = THRESHOLD,
    ) -> "SeedLabels":
        """Take labels as predicted whose probability is `threshold` or more."""
        return cls(fits > 0, probabilities >= threshold, probabilities, speakers)

    def of(self, labels: np.ndarray) -> "SeedLabels":
        """Return what was predicted of some of the labels, given by their places or a mask."""
        fits, found, probabilities = (part[:, labels] for part in self[:3])
        return SeedLabels(fits, found, probabilities, self.speakers)


def count_labels(seed: SeedLabels, groups: np.ndarray) -> np.ndarray:
    """Count what was found of each label, by speaker.

    Args:
        seed: what was predicted.
        groups: (utterances,) the number of each one's speaker.

    Returns:
        (groups, labels, 3): how often a label was found and fits, was found, and fits.
    """
    each = np.stack([seed.found & seed.fits, seed.found, seed.fits], -1).astype(np.int64)
    counts = np.zeros((int(groups.max()) + 1, *each.shape[1:]), np.int64)
    np.add.at(counts, groups, each)
    return counts


def label_f1(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return macro and micro F1, from 0 to 1.

    Macro F1 is the mean over labels of F1, 2 TP / (fitting + found), of those that fit or were
    found anywhere; micro F1 that of all labels' counts together.

    Args:
        counts: (..., labels, 3) as from `count_labels`.

    Returns:
        "macro_f1" and "micro_f1", each (...).
    """
    hits, total = 2 * counts[..., 0], counts[..., 1] + counts[..., 2]
    there = total > 0
    each = np.divide(hits, total, out=np.zeros(total.shape), where=there)
    macro = each.sum(-1) / np.maximum(there.sum(-1), 1)
    return {"macro_f1": macro, "micro_f1": hits.sum(-1) / np.maximum(total.sum(-1), 1)}


def fitting_f1(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the same of some utterances, macro F1 over the labels that fit any of these alone.

    So it can be compared between women and men where "female" is a label.
    """
    fitting = counts * (counts[..., 2:] > 0)
    return {"macro_f1": label_f1(fitting)["macro_f1"], "micro_f1": label_f1(counts)["micro_f1"]}


def average_precision(fits: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the average precision of a label: the mean precision over the steps of recall.

    It is that of `sklearn.metrics.average_precision_score`, sum over thresholds of (R_n - R_n-1)
    P_n, from all weights at once.

    Args:
        fits: (utterances,) whether the label fits.
        scores: (utterances,) its probability.
        weights: (rounds, utterances) how often each utterance counts.

    Returns:
        (rounds,) from 0 to 1; not a number where the label fits nothing.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # of equal scores
    found = np.cumsum(weights[:, order], 1, dtype=np.float64)[:, ends]
    right = np.cumsum(weights[:, order] * fits[order], 1, dtype=np.float64)[:, ends]
    precision = np.divide(right, found, out=np.zeros_like(right), where=found > 0)
    steps = np.diff(right, axis=1, prepend=0)
    whole = right[:, -1]
    mean: np.ndarray = np.divide(
        (steps * precision).sum(1), whole, out=np.full(len(whole), np.nan), where=whole > 0
    )
    return mean


def mean_average_precision(seed: SeedLabels, weights: np.ndarray) -> np.ndarray:
    """Return the mean of labels' average precision, of those that fit somewhere.

    Args:
        seed: what was predicted.
        weights: (rounds, utterances) how often each utterance counts.

    Returns:
        (rounds,) from 0 to 1.
    """
    each = np.stack(
        [
            average_precision(seed.fits[:, label], seed.probabilities[:, label], weights)
            for label in range(seed.fits.shape[1])
        ]
    )
    there = ~np.isnan(each)
    mean: np.ndarray = np.where(there, each, 0).sum(0) / np.maximum(there.sum(0), 1)
    return mean


def score_labels(seeds: Sequence[SeedLabels]) -> Mapping[str, Score]:
    """Score a system's seeds; intervals resample whole speakers, as those of `score_seeds` do.

    Args:
        seeds: what each predicted. If any speaker is unknown, all seeds have the same utterances in
            the same order.

    Returns:
        "macro_f1", "micro_f1" and "map" (mean average precision), in percent.
    """
    found = resample_labels(seeds)
    return {name: score_of(whole, drawn.mean(1)) for name, (whole, drawn) in found.items()}


def resample_labels(seeds: Sequence[SeedLabels]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Score a system's seeds as they are and on resampled speakers, the same at every call.

    Args:
        seeds: as for `score_labels`.

    Returns:
        For each metric (seeds,) and (rounds, seeds) scores in percent.
    """
    whole: dict[str, list[float]] = {name: [] for name in METRICS}
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in METRICS}
    for seed in seeds:
        groups = group_by_speaker(seed.speakers)
        counts = count_labels(seed, groups)
        draws = draw_groups(np.ones(len(counts), int))
        resampled = np.tensordot(draws, counts, 1)
        for name in ("macro_f1", "micro_f1"):
            whole[name].append(100 * float(label_f1(counts.sum(0))[name]))
            drawn[name].append(100 * label_f1(resampled)[name])
        once = np.ones((1, len(groups)), int)
        whole["map"].append(100 * float(mean_average_precision(seed, once)[0]))
        rounds = [draws[begin : begin + _ROUNDS, groups] for begin in range(0, len(draws), _ROUNDS)]
        each = [mean_average_precision(seed, weights) for weights in rounds]
        drawn["map"].append(100 * np.concatenate(each))
    return {name: (np.array(whole[name]), np.stack(drawn[name], 1)) for name in METRICS}
