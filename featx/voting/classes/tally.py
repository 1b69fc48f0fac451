"""A vote held: who voted, what won, and how it scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from featx.errors import FeatxError
from featx.voting.choices import Tie
from featx.voting.classes.agreement import Agreement, Oracle, agree, bound
from featx.voting.classes.election import Election, score_uar
from featx.voting.classes.members import Pick, find_candidates, search
from featx.voting.classes.part import Fold, Part
from featx.voting.classes.rules import Outcome, Votes, decide
from featx.voting.classes.search import Members
from featx.voting.config import VoteConfig


@dataclass(frozen=True)
class Tally:
    """What a vote found.

    Attributes:
        election: the systems.
        tie: the tie rule that was used.
        picks: the combinations that the search picked; none without a search.
        by_fold: indices of the systems that vote in each fold; the only key is None where the same
            vote in all folds.
        test: the outcome of each seed.
        validation: the outcome of each seed on validation data; empty without a validation part.
    """

    election: Election
    tie: Tie
    picks: Sequence[Pick]
    by_fold: Mapping[Fold, Members]
    test: Sequence[Outcome]
    validation: Sequence[Outcome]

    @property
    def members(self) -> Members:
        """Indices of the systems that vote anywhere."""
        return tuple(sorted({member for members in self.by_fold.values() for member in members}))

    @property
    def names(self) -> list[str]:
        """Of the members."""
        return [self.election.names[member] for member in self.members]

    @property
    def ties(self) -> int:
        """How many test votes the tie rule decided, over all seeds."""
        return sum(int(outcome.tied.sum()) for outcome in self.test)

    @cached_property
    def pairs(self) -> list[Agreement]:
        """How much members agree."""
        return agree(self.election.names, self.members, self.election.test)

    @cached_property
    def oracle(self) -> Oracle:
        """What members could reach, each where it votes."""
        test = self.election.test
        voting = np.zeros((len(self.election.voters), len(test.labels)), dtype=bool)
        for fold, members in self.by_fold.items():
            voting[np.array(members)[:, None], test.places(fold)] = True
        return bound(voting, test)


def count(config: VoteConfig, election: Election, tie: Tie) -> Tally:
    """Tally the votes.

    Args:
        config: how.
        election: the systems.
        tie: the tie rule, as from `check`.
    """
    election = _weigh(config, election)
    picks = search(config, election, tie)
    by_fold: dict[Fold, Members] = {pick.fold: pick.members for pick in picks if pick.votes}
    by_fold = by_fold or {None: tuple(range(len(election.voters)))}
    validation = election.validation
    return Tally(
        election,
        tie,
        picks,
        by_fold,
        test=_vote(config, election.test, by_fold, tie),
        validation=[] if validation is None else _vote(config, validation, by_fold, tie),
    )


def _vote(
    config: VoteConfig, part: Part, by_fold: Mapping[Fold, Members], tie: Tie
) -> list[Outcome]:
    """Return the outcome of each seed, with every fold voted by its members."""
    places = [part.places(fold) for fold in by_fold]
    return [
        Outcome.join(
            [
                decide(votes.at(own), np.array([members]), config.rule, tie)
                for own, members in zip(places, by_fold.values(), strict=True)
            ],
            places,
        )
        for votes in part.votes
    ]


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
    _check_validation(config, election)
    if config.search:
        find_candidates(config, election)
    if config.tie != "auto":
        return config.tie
    return "first" if lacking else "probability"


def _check_validation(config: VoteConfig, election: Election) -> None:
    if config.rule == "weighted":
        needing, cure = "rule='weighted'", "Take `rule='hard'`."
    elif config.search and config.select_on == "validation":
        needing = "search"
        cure = "With `select_on='test'` it chooses as published ensembles were: optimistically."
    else:
        return
    if election.validation is None:
        raise FeatxError(
            f"`{needing}` needs validation predictions of every system, and "
            f"{election.no_validation}. Fitted heads have them, and fine-tunings whose epoch "
            f"was selected on validation data. {cure}"
        )


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
