"""Which of many systems vote best together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from featx.utils.progress import progress
from featx.voting.choices import Rule, Tie
from featx.voting.election import Part
from featx.voting.rules import decide

HELD = 4_000_000  # shares in memory at a time
_EQUAL = 1e-12  # UARs closer than this are equal
Members = tuple[int, ...]


@dataclass(frozen=True)
class Best:
    """The best combination of some size.

    Attributes:
        members: indices of its systems.
        uar: its UAR on the part that it was chosen on, from 0 to 1, averaged over seeds.
        tried: how many there were.
    """

    members: Members
    uar: float
    tried: int


def choose(part: Part, size: int, rule: Rule, tie: Tie) -> Best:
    """Find the combination with the highest UAR on a part; of equal ones the first.

    Args:
        part: what the systems predict; nothing else is looked at.
        size: how many systems vote.
        rule: how votes count.
        tie: which of equally many wins.
    """
    systems, utterances = part.votes[0].predictions.shape
    step = max(1, HELD // (utterances * part.votes[0].classes))
    tried = comb(systems, size)
    best = Best((), -1.0, tried)
    with progress(f"Trying {size} of {systems}", tried, "combinations") as advance:
        for members in _chunks(systems, size, step):
            uars = score_all(part, members, rule, tie)
            place = int(np.argmax(uars >= uars.max() - _EQUAL))
            if uars[place] > best.uar + _EQUAL:
                best = Best(tuple(members[place].tolist()), float(uars[place]), tried)
            advance(len(members))
    return best


def score_all(part: Part, members: np.ndarray, rule: Rule, tie: Tie) -> np.ndarray:
    """Score combinations of systems.

    Args:
        part: what the systems predict.
        members: (combinations, size) their indices.
        rule: how votes count.
        tie: which of equally many wins.

    Returns:
        (combinations,) UAR from 0 to 1, averaged over seeds.
    """
    present, counts = np.unique(part.labels, return_counts=True)
    of_class = (part.labels[:, None] == present).astype(np.float32)
    seeds = []
    for votes in part.votes:
        hits = decide(votes, members, rule, tie).winners == part.labels
        recalls = (hits.astype(np.float32) @ of_class).astype(np.float64) / counts  # exact sums
        seeds.append(recalls.mean(1))
    return np.asarray(np.mean(seeds, axis=0))


def _chunks(systems: int, size: int, step: int) -> Iterator[np.ndarray]:
    every: Iterator[Sequence[int]] = combinations(range(systems), size)
    while some := list(islice(every, step)):
        yield np.array(some)
