"""A vote held: who voted, what won, and how it scores."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from featx.errors import FeatxError
from featx.scoring.results import Results
from featx.utils.text import counted
from featx.voting.agreement import Agreement, Oracle, agree, bound
from featx.voting.choices import Tie
from featx.voting.config import VoteConfig
from featx.voting.election import Election, Part, score_uar
from featx.voting.rules import Outcome, Votes, decide
from featx.voting.search import Best, choose, score_all

MOST = 200_000  # combinations that a search goes through


@dataclass(frozen=True)
class Found:
    """The best combinations of some size.

    Attributes:
        size: how many members.
        chosen: the best on the validation predictions.
        chosen_test: its UAR on the test predictions, from 0 to 1.
        optimistic: the best on the test predictions, as published ensembles were picked.
    """

    size: int
    chosen: Best
    chosen_test: float
    optimistic: Best


@dataclass(frozen=True)
class Tally:
    """What a vote found.

    Attributes:
        election: the systems.
        tie: the tie rule that was used.
        members: indices of the systems that voted.
        found: the combination chosen for each size.
        test: the outcome of each seed.
        validation: the outcome of each seed on validation data; empty without a validation part.
        pairs: how much members agree.
        oracle: what they could reach.
    """

    election: Election
    tie: Tie
    members: tuple[int, ...]
    found: Sequence[Found]
    test: Sequence[Outcome]
    validation: Sequence[Outcome]
    pairs: Sequence[Agreement]
    oracle: Oracle

    @property
    def names(self) -> list[str]:
        """Of the members."""
        return [self.election.names[member] for member in self.members]

    @property
    def ties(self) -> int:
        """How many test votes the tie rule decided, over all seeds."""
        return sum(int(outcome.tied.sum()) for outcome in self.test)


@dataclass(frozen=True)
class VoteResults(Results):
    """Results with what only votes have.

    Attributes:
        vote: rule, members, ties, agreement and search, as JSON values.
    """

    vote: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def add(cls, results: Results, vote: dict[str, Any]) -> "VoteResults":
        """Add what only votes have."""
        own = {item.name: getattr(results, item.name) for item in fields(Results)}
        return cls(**own, vote=vote)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**super().to_json(), "vote": self.vote}


def count(config: VoteConfig, election: Election, tie: Tie) -> Tally:
    """Tally the votes.

    Args:
        config: how.
        election: the systems.
        tie: the tie rule, as from `check`.
    """
    election = _weigh(config, election)
    found = _search(config, election, tie)
    members = tuple(range(len(election.voters)))
    if found:
        members = max(found, key=lambda of_size: of_size.chosen.uar).chosen.members

    def vote(part: Part) -> list[Outcome]:
        return [decide(votes, np.array([members]), config.rule, tie) for votes in part.votes]

    return Tally(
        election,
        tie,
        members,
        found,
        test=vote(election.test),
        validation=[] if election.validation is None else vote(election.validation),
        pairs=agree(election.names, members, election.test),
        oracle=bound(members, election.test),
    )


def check(config: VoteConfig, election: Election) -> Tie:
    """Check that the systems have what the rules and the search need; return the tie rule.

    Raises:
        FeatxError: if they don't.
    """
    lacking = election.no_probabilities
    if config.rule == "soft" and lacking:
        raise FeatxError(
            f"`rule='soft'` averages probabilities, and {lacking}. Take `rule='hard'`."
        )
    if config.tie == "probability" and lacking:
        raise FeatxError(
            f"`tie='probability'` needs probabilities, and {lacking}. Take `tie='first'`."
        )
    needing = {"rule='weighted'": config.rule == "weighted", "search": bool(config.search)}
    for argument, given in needing.items():
        if given and election.validation is None:
            raise FeatxError(
                f"`{argument}` needs validation predictions of every system, and "
                f"{election.no_validation}. Fitted heads have them, and fine-tunings whose epoch "
                "was selected on validation data; the test part must not choose."
            )
    _check_sizes(config.search, len(election.voters))
    if config.tie != "auto":
        return config.tie
    return "first" if lacking else "probability"


def mean_uar(part: Part, member: int) -> float:
    """Return the UAR of one system on a part, from 0 to 1, averaged over seeds."""
    uars = [score_uar(v.predictions[member], part.labels, v.classes) for v in part.votes]
    return float(np.mean(uars))


def _weigh(config: VoteConfig, election: Election) -> Election:
    """Give each system of each seed its UAR on a fold's validation data as its weight there.

    So no utterance is voted on with weights that its own label has made, though it be validated on
    in another fold. Where folds are unknown, the UAR is that of all validation rows.
    """
    part = election.validation
    if config.rule != "weighted" or part is None:
        return election
    by_fold = election.validates_every_fold

    def folds(part: Part) -> list[str]:
        return [fold if by_fold else "" for fold, _ in part.keys]

    own = np.array(folds(part))
    weights = [_weights(votes, part.labels, own) for votes in part.votes]

    def weighed(part: Part) -> Part:
        votes = [
            replace(votes, weights=np.stack([of_fold[fold] for fold in folds(part)], axis=1))
            for votes, of_fold in zip(part.votes, weights, strict=True)
        ]
        return replace(part, votes=votes)

    return replace(election, test=weighed(election.test), validation=weighed(part))


def _weights(votes: Votes, labels: np.ndarray, folds: np.ndarray) -> dict[str, np.ndarray]:
    """Return (systems,) the UAR of each system on every fold."""
    return {
        fold: np.array(
            [
                score_uar(predictions[folds == fold], labels[folds == fold], votes.classes)
                for predictions in votes.predictions
            ]
        )
        for fold in np.unique(folds).tolist()
    }


def _check_sizes(sizes: Sequence[int], systems: int) -> None:
    for size in sizes:
        if size > systems:
            raise FeatxError(
                f"`search={size}`: there are no more than {counted(systems, 'system')}."
            )
    number = sum(math.comb(systems, size) for size in sizes)
    if number > MOST:
        raise FeatxError(
            f"`search`: {number:,} combinations of {systems} systems, more than {MOST:,}. "
            "Give fewer systems or smaller numbers."
        )


def _search(config: VoteConfig, election: Election, tie: Tie) -> list[Found]:
    if election.validation is None:
        return []
    found = []
    for size in config.search:
        chosen = choose(election.validation, size, config.rule, tie)
        test = score_all(election.test, np.array([chosen.members]), config.rule, tie)
        optimistic = choose(election.test, size, config.rule, tie)
        found.append(Found(size, chosen, float(test[0]), optimistic))
    return found
