"""How votes are counted, and which of equally many wins."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from featx.voting.choices import Rule, Tie

_EQUAL = 1e-9  # shares closer than this are equal; predictions are kept to seven digits


@dataclass(frozen=True)
class Votes:
    """What systems predict of the same utterances.

    Attributes:
        classes: how many there are.
        predictions: (systems, utterances) class indices.
        probabilities: (systems, utterances, classes); None if a system has none.
        weights: (systems, utterances) of the weighted rule.
    """

    classes: int
    predictions: np.ndarray
    probabilities: np.ndarray | None
    weights: np.ndarray | None = None

    def at(self, places: np.ndarray) -> "Votes":
        """Return the votes on some of the utterances, given by their places."""
        probabilities, weights = self.probabilities, self.weights
        return Votes(
            self.classes,
            self.predictions[:, places],
            None if probabilities is None else probabilities[:, places],
            None if weights is None else weights[:, places],
        )

    @functools.cached_property
    def ballots(self) -> np.ndarray:
        """(classes, systems, utterances) 1 where a system votes for a class."""
        votes = np.arange(self.classes)[:, None, None] == self.predictions
        return np.asarray(votes, dtype=np.uint8)

    @functools.cached_property
    def beliefs(self) -> np.ndarray:
        """(classes, systems, utterances) probabilities."""
        assert self.probabilities is not None, "refused before"
        return np.ascontiguousarray(self.probabilities.transpose(2, 0, 1), dtype=np.float64)


@dataclass(frozen=True)
class Outcome:
    """What combinations of systems decide.

    Attributes:
        shares: (classes, combinations, utterances) of the votes or of the probability.
        winners: (combinations, utterances) class indices.
        tied: (combinations, utterances) whether the tie rule decided.
    """

    shares: np.ndarray
    winners: np.ndarray
    tied: np.ndarray

    @staticmethod
    def join(outcomes: Sequence["Outcome"], places: Sequence[np.ndarray]) -> "Outcome":
        """Join what was decided of some utterances each, given the places of each."""
        order = np.argsort(np.concatenate(places))
        return Outcome(
            np.concatenate([outcome.shares for outcome in outcomes], axis=2)[..., order],
            np.concatenate([outcome.winners for outcome in outcomes], axis=1)[:, order],
            np.concatenate([outcome.tied for outcome in outcomes], axis=1)[:, order],
        )


def decide(votes: Votes, members: np.ndarray, rule: Rule, tie: Tie) -> Outcome:
    """Let combinations of systems vote.

    Ties of the soft rule go to the class that the first-named system finds more probable than
    the others, else the second, and so on; to the first class if all find them alike.

    Args:
        votes: the votes of all systems.
        members: (combinations, size) indices of systems, in the order in which they were named.
        rule: how votes count.
        tie: which of equally many wins, of the hard and weighted rule.
    """
    shares = _count(votes, members, rule)
    best = shares.max(0)
    candidates = shares >= best - (0 if shares.dtype.kind == "u" else _EQUAL)
    tied = np.count_nonzero(candidates, axis=0) > 1
    winners = np.zeros(tied.shape, dtype=np.intp)
    for number in reversed(range(votes.classes)):
        winners[candidates[number]] = number
    where = np.nonzero(tied)
    winners[where] = _break(votes, members[where[0]], where[1], candidates[:, *where], rule, tie)
    return Outcome(shares, winners, tied)


def _count(votes: Votes, members: np.ndarray, rule: Rule) -> np.ndarray:
    """Return (classes, combinations, utterances): counts of the hard rule, else shares."""
    size = members.shape[1]
    if rule == "hard":
        ballots = votes.ballots if size < 256 else votes.ballots.astype(np.uint32)
        return _add(ballots, members)
    if rule == "soft":
        return np.asarray(_add(votes.beliefs, members) / size)
    assert votes.weights is not None, "refused before"
    weights = votes.weights[members]
    weights = np.where(weights.sum(1, keepdims=True) > 0, weights, 1)  # all useless: all alike
    weights = weights / weights.sum(1, keepdims=True)
    parts = (votes.ballots[:, members[:, place]] * weights[:, place] for place in range(size))
    total: np.ndarray = functools.reduce(np.add, parts)
    return total


def _add(table: np.ndarray, members: np.ndarray) -> np.ndarray:
    total: np.ndarray = table[:, members[:, 0]]
    for place in range(1, members.shape[1]):
        total += table[:, members[:, place]]
    return total


def _break(
    votes: Votes,
    members: np.ndarray,
    utterances: np.ndarray,
    candidates: np.ndarray,
    rule: Rule,
    tie: Tie,
) -> np.ndarray:
    """Return (ties,) the winner of each tie.

    Args:
        votes: the votes of all systems.
        members: (ties, size) who voted.
        utterances: (ties,) on what.
        candidates: (classes, ties) the classes with equally many votes.
        rule: how votes count.
        tie: which of them wins.
    """
    for preference in _preferences(votes, members, utterances, rule, tie):
        left = np.where(candidates, preference, -np.inf)
        candidates = left >= left.max(0) - _EQUAL
        if (np.count_nonzero(candidates, axis=0) == 1).all():
            break
    return np.asarray(candidates.argmax(0))


def _preferences(
    votes: Votes, members: np.ndarray, utterances: np.ndarray, rule: Rule, tie: Tie
) -> Iterator[np.ndarray]:
    """Yield (classes, ties) what is asked one after the other until one class is left."""
    places = range(members.shape[1])
    table = votes.beliefs if rule == "soft" else votes.ballots
    if rule != "soft" and tie == "probability":
        yield np.sum([votes.beliefs[:, members[:, place], utterances] for place in places], axis=0)
    for place in places:
        yield table[:, members[:, place], utterances]
