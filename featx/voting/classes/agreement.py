"""How much systems agree, and what they could reach together at most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from featx.voting.classes.election import score_uar
from featx.voting.classes.part import Part


@dataclass(frozen=True)
class Agreement:
    """How much two systems agree on the test utterances, averaged over seeds.

    Attributes:
        first: name of one.
        second: name of the other.
        kappa: Cohen's (1960): 1 if they always agree, 0 as often as by chance; not a number if
            both always predict one class.
        same: share of the utterances of which both predict the same, in percent.
        both_wrong: share that neither recognises, in percent.
    """

    first: str
    second: str
    kappa: float
    same: float
    both_wrong: float


@dataclass(frozen=True)
class Oracle:
    """What whoever knew which system to believe would score, averaged over seeds.

    The bound of any choice among the systems' predictions (Kuncheva 2004, "Combining Pattern
    Classifiers").

    Attributes:
        share: how many of the utterances at least one system recognises, in percent.
        uar: the same averaged over classes, in percent.
    """

    share: float
    uar: float

    def to_json(self) -> dict[str, Any]:
        """Return both figures."""
        return {"share": self.share, "uar": self.uar}


def agree(names: Sequence[str], members: Sequence[int], part: Part) -> list[Agreement]:
    """Compare every pair of systems.

    Args:
        names: the names of all systems.
        members: indices of those to compare.
        part: what they predict.
    """
    pairs = []
    for left, right in combinations(members, 2):
        both = [(votes.predictions[left], votes.predictions[right]) for votes in part.votes]
        same = np.mean([first == second for first, second in both])
        wrong = np.mean([(a != part.labels) & (b != part.labels) for a, b in both])
        kappa = float(np.mean([_kappa(first, second) for first, second in both]))
        pairs.append(
            Agreement(names[left], names[right], kappa, 100 * float(same), 100 * float(wrong))
        )
    return pairs


def bound(voting: np.ndarray, part: Part) -> Oracle:
    """Score the oracle of the systems that vote.

    Args:
        voting: (systems, utterances) who votes on what; on each utterance some do.
        part: what they predict.
    """
    shares, uars = [], []
    first = voting.argmax(0)
    for votes in part.votes:
        known = (voting & (votes.predictions == part.labels)).any(0)
        shares.append(known.mean())
        wrong = np.take_along_axis(votes.predictions, first[None], 0)[0]
        best = np.where(known, part.labels, wrong)
        uars.append(score_uar(best, part.labels, votes.classes))
    return Oracle(100 * float(np.mean(shares)), 100 * float(np.mean(uars)))


def _kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Return Cohen's kappa: how far agreement lies from that by chance to all there can be."""
    classes = int(max(first.max(), second.max())) + 1
    counts = [np.bincount(predicted, minlength=classes) for predicted in (first, second)]
    chance = float(counts[0] @ counts[1]) / len(first) ** 2
    if chance == 1:
        return math.nan  # agreement by chance is all there can be
    return (float(np.mean(first == second)) - chance) / (1 - chance)
