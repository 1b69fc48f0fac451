"""Systems that vote on classes, read and joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from featx.comparison.systems.classes import System
from featx.data.label_order import order_labels
from featx.scoring.metrics import count_confusions, uar
from featx.scoring.predictions import read_speakers
from featx.utils.text import shortened
from featx.voting import holding
from featx.voting.checks import differing
from featx.voting.classes.ballots import ClassVoter, Row, read_voter
from featx.voting.classes.part import Part
from featx.voting.classes.rules import Votes
from featx.voting.config import VoteConfig
from featx.voting.holding import Held, Rows, in_order
from featx.voting.joining import validates_on_tests
from featx.voting.sources import find_systems


@dataclass(frozen=True)
class Election(Held[System, Row, Part]):
    """Systems that can vote together on classes.

    Attributes:
        classes: the classes in their order.
        votes: each class's share of annotators' votes, by utterance; none where they are unknown.
    """

    voters: Sequence[ClassVoter]
    classes: Sequence[str]
    votes: Mapping[str, Mapping[str, float]]

    @property
    def short_names(self) -> dict[str, str]:
        """Of the systems, by their names: without what all of them begin and end with."""
        return dict(zip(self.names, shortened(self.names), strict=True))

    @property
    def validates_every_fold(self) -> bool:
        """Whether each fold of the test part has validation rows of its own."""
        return self.validation is not None and self.test.folds == self.validation.folds

    @property
    def validates_on_tests(self) -> bool:
        """Whether what is chosen or weighted by validation rows has seen labels of test rows."""
        if self.validation is None:
            return False
        by_fold = self.validates_every_fold  # each has its own choice and weights
        return validates_on_tests(self.validation.keys, self.test.keys, by_fold)

    @property
    def pairing(self) -> list[str]:
        """How seeds of different numbers were paired, in a sentence; none if they are the same."""
        # of the others the only ballot counts for each seed, and there is nothing to pair
        several = [voter for voter in self.voters if voter.ballots[0] is not voter.ballots[-1]]
        numbers = {tuple(ballot.seed for ballot in voter.ballots) for voter in several}
        if len(numbers) < 2:
            return []
        shown = "; ".join(
            f"{voter.name} {', '.join(ballot.seed or '?' for ballot in voter.ballots)}"
            for voter in several
        )
        return [f"Seeds were paired in their order, as their numbers differ: {shown}."]

    def shares(self, utterances: Sequence[str]) -> np.ndarray:
        """Return each class's share of annotators' votes, (utterances, classes)."""
        votes = [self.votes[name] for name in utterances]
        return np.array([[own.get(name, 0.0) for name in self.classes] for own in votes])

    @property
    def no_probabilities(self) -> str:
        """Why the systems can't be asked for probabilities, empty if they can."""
        return next(filter(None, (voter.no_probabilities for voter in self.voters)), "")


def hold(config: VoteConfig) -> Election:
    """Read the systems and join them by utterance.

    Raises:
        FeatxError: if a file can't be used, or as `join`.
    """
    manifest = read_speakers(config.manifest) if config.manifest else {}
    return join(
        [
            voter
            for name, files in find_systems(config.systems).items()
            for voter in read_voter(name, files, manifest, config.over_seeds)
        ]
    )


def join(voters: Sequence[ClassVoter]) -> Election:
    """Join systems by utterance, and validation rows by fold too.

    Where each tested fold has validation rows, those of other folds have no part in anything.

    Raises:
        FeatxError: if their classes differ, or as `holding.join`.
    """
    held = holding.join(voters)
    classes = _join_classes(voters)
    drawn = held.drawn_up(lambda rows: _draw_up(voters, rows, classes))
    election = Election(**drawn, classes=classes, votes=_join_votes(voters[0]))
    validation, tested = election.validation, set(election.test.folds)
    if validation is not None and tested < set(validation.folds):
        own = np.flatnonzero([fold in tested for fold, _ in validation.keys])
        return replace(election, validation=validation.at(own))
    return election


def _join_votes(voter: ClassVoter) -> dict[str, Mapping[str, float]]:
    """Return annotators' votes on each utterance, which a system's files tell; none if they don't.

    Those of all systems are the same: so are their manifests.
    """
    rows = [row for b in voter.ballots for row in (*b.test.values(), *b.validation.values())]
    return {row.utterance: row.votes for row in rows} if all(row.votes for row in rows) else {}


def score_uar(predictions: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Return the UAR of (utterances,) predictions, from 0 to 1."""
    alone = np.zeros(len(labels), dtype=np.intp)
    return float(uar(count_confusions(labels, predictions, alone, classes)[0]))


def _join_classes(voters: Sequence[ClassVoter]) -> list[str]:
    rows = [
        (voter, row)
        for voter in voters
        for ballot in voter.ballots
        for row in (*ballot.test.values(), *ballot.validation.values())
    ]
    seen = {value for _, row in rows for value in (row.label, row.prediction)}
    first = next((voter for voter in voters if voter.classes), None)
    if first is None:
        return order_labels(seen)
    for voter in voters:
        if voter.classes and set(voter.classes) != set(first.classes):
            shown = [f"{', '.join(order_labels(v.classes))} in {v.name}" for v in (first, voter)]
            raise differing("classes", "; ".join(shown))
    for voter, row in rows:
        for what, value in (("labelled", row.label), ("predicted", row.prediction)):
            if value not in first.classes:
                raise differing(
                    "classes",
                    f"{row.utterance!r} is {what} {value!r} in {voter.name}, "
                    f"and there is no p_{value} in {first.name}",
                )
    return order_labels(first.classes)


def _draw_up(voters: Sequence[ClassVoter], parts: Rows[Row], classes: Sequence[str]) -> Part:
    index = {label: number for number, label in enumerate(classes)}
    keys = in_order(parts[0][0])
    labels = np.array([index[parts[0][0][key].label] for key in keys])
    believed = all(not voter.no_probabilities for voter in voters)
    votes = []
    for seed in range(len(parts[0])):
        rows = [[part[seed][key] for key in keys] for part in parts]
        predictions = np.array([[index[row.prediction] for row in of_voter] for of_voter in rows])
        probabilities = (
            np.array(
                [[[row.probabilities[c] for c in classes] for row in of_voter] for of_voter in rows]
            )
            if believed
            else None
        )
        votes.append(Votes(len(classes), predictions, probabilities))
    return Part(keys, labels, votes)
