"""Which of many systems vote best together."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

import numpy as np

from featx.utils.progress import Advance
from featx.voting.choices import BestBy, Rule, Tie
from featx.voting.classes.part import Part
from featx.voting.classes.rules import decide

HELD = 4_000_000  # shares in memory at a time
_EQUAL = 1e-12  # scores closer than this are equal
Members = tuple[int, ...]


def choose(
    part: Part,
    systems: Sequence[int],
    size: int,
    rule: Rule,
    tie: Tie,
    by: BestBy = "uar",
    advance: Advance = lambda tried: None,
) -> tuple[Members, float]:
    """Find the combination with the highest score on a part; of equal ones the first.

    Args:
        part: what the systems predict; nothing else is looked at.
        systems: indices of those that can be chosen.
        size: how many of them vote.
        rule: how votes count.
        tie: which of equally many wins.
        by: the score.
        advance: takes the number of combinations tried since its last call.

    Returns:
        Indices of the systems of the combination, and its score as from `score_all`.
    """
    utterances = len(part.labels)
    step = max(1, HELD // (utterances * part.votes[0].classes))
    best, highest = Members(), -1.0
    for members in _chunks(systems, size, step):
        scores = score_all(part, members, rule, tie, by)
        place = int(np.argmax(scores >= scores.max() - _EQUAL))
        if scores[place] > highest + _EQUAL:
            best, highest = tuple(members[place].tolist()), float(scores[place])
        advance(len(members))
    return best, highest


def score_all(
    part: Part, members: np.ndarray, rule: Rule, tie: Tie, by: BestBy = "uar"
) -> np.ndarray:
    """Score combinations of systems.

    Args:
        part: what the systems predict.
        members: (combinations, size) their indices.
        rule: how votes count.
        tie: which of equally many wins.
        by: the score.

    Returns:
        (combinations,) the score from 0 to 1, averaged over seeds.
    """
    present, counts = np.unique(part.labels, return_counts=True)
    of_class = (part.labels[:, None] == present).astype(np.float32)
    seeds = []
    for votes in part.votes:
        hits = decide(votes, members, rule, tie).winners == part.labels
        of_classes = (hits.astype(np.float32) @ of_class).astype(np.float64)  # exact sums
        if by == "wa":
            seeds.append(of_classes.sum(1) / len(part.labels))
        else:
            seeds.append((of_classes / counts).mean(1))
    return np.asarray(np.mean(seeds, axis=0))


def score_each(part: Part, by: BestBy = "uar") -> np.ndarray:
    """Return (systems,) the score of every system alone, from 0 to 1, averaged over seeds."""
    alone = np.arange(len(part.votes[0].predictions))[:, None]
    return score_all(part, alone, "hard", "first", by)


def _chunks(systems: Sequence[int], size: int, step: int) -> Iterator[np.ndarray]:
    every: Iterator[Sequence[int]] = combinations(systems, size)
    while some := list(islice(every, step)):
        yield np.array(some)
