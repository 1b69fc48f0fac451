"""Scores of predicted probabilities against how annotators' votes are distributed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from featx.scoring.metrics import Score, draw_groups, group_by_speaker, score_of


class SeedShares(NamedTuple):
    """What the models of a seed predicted, of each test utterance.

    Attributes:
        shares: (utterances, classes) each class's share of the votes.
        probabilities: (utterances, classes) as they were predicted.
        labels: (utterances,) the class with the most votes.
        speakers: the speaker of each utterance, empty if unknown.
    """

    shares: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray
    speakers: Sequence[str]


class DistributionScores(NamedTuple):
    """How close predicted probabilities come to the votes.

    Attributes:
        jensen_shannon: the mean Jensen-Shannon divergence, in bits: 0 where both are the same, 1
            where they have no class in common.
        top2: the share of utterances whose class with the most votes is among the two most
            probable, in percent.
    """

    jensen_shannon: Score
    top2: Score


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon divergence of distributions, in bits (logarithms to base 2).

    It is the mean divergence of both from their mean (Lin 1991, "Divergence Measures Based on the
    Shannon Entropy", IEEE Transactions on Information Theory 37(1), equation 4.1).

    Args:
        first: (..., classes), adding up to 1.
        second: (..., classes), likewise.

    Returns:
        (...) from 0 to 1.
    """
    mean = (first + second) / 2
    both = _information(first) + _information(second)
    divergence: np.ndarray = np.clip(both / 2 - _information(mean), 0, 1)
    return divergence


def _information(shares: np.ndarray) -> np.ndarray:
    """Return the sum of p log2 p over classes."""
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    information: np.ndarray = (shares * logs).sum(-1)
    return information


def is_in_top(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Tell of each utterance whether its class is among the most probable.

    Args:
        probabilities: (utterances, classes); of equal ones the first in order count.
        labels: (utterances,) class indices.
        count: how many classes are looked at.
    """
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
    found: np.ndarray = (best == labels[:, None]).any(1)
    return found


def score_distributions(seeds: Sequence[SeedShares]) -> DistributionScores:
    """Score a system's seeds; intervals resample whole speakers, as those of `score_seeds` do.

    Args:
        seeds: what each predicted. If any speaker is unknown, all seeds have the same utterances in
            the same order.
    """
    divergences, tops = [], []
    for seed in seeds:
        found = seed.probabilities.astype(np.float64)
        found /= found.sum(1, keepdims=True)
        divergences.append(jensen_shannon(seed.shares, found))
        tops.append(100.0 * is_in_top(found, seed.labels, 2))
    groups = [group_by_speaker(seed.speakers) for seed in seeds]
    return DistributionScores(score_means(divergences, groups), score_means(tops, groups))


def score_means(values: Sequence[np.ndarray], groups: Sequence[np.ndarray]) -> Score:
    """Return the score that is the mean of a value of each utterance.

    Args:
        values: for each seed the value of each utterance, (utterances,).
        groups: for each seed the number of each utterance's speaker, (utterances,).
    """
    drawn = []
    for own, owners in zip(values, groups, strict=True):
        sums, counts = np.bincount(owners, own), np.bincount(owners)
        draws = draw_groups(np.ones(len(counts), int)).astype(float)
        drawn.append(draws @ sums / (draws @ counts))
    return score_of(np.array([own.mean() for own in values]), np.stack(drawn, 1).mean(1))
