"""Systems joined by utterance, or refused with what differs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from featx.comparison.same_tests import check_same, join_speakers
from featx.data.labels import order_labels
from featx.scoring.metrics import count_confusions, uar
from featx.scoring.predictions import read_speakers
from featx.utils.text import shortened
from featx.voting.checks import check_enough, check_protocols, check_seeds, differing
from featx.voting.classes.ballots import ClassVoter, Row, read_voter
from featx.voting.classes.part import Part
from featx.voting.classes.rules import Votes
from featx.voting.config import VoteConfig
from featx.voting.joining import (
    for_each,
    join_folds,
    name_seeds,
    validates_on_tests,
    validation_parts,
)
from featx.voting.sources import find_systems
from featx.voting.voters import Key


@dataclass(frozen=True)
class Election:
    """Systems that can vote together.

    Attributes:
        voters: the systems in the order in which they were named.
        classes: the classes in their order.
        speakers: the speaker of each utterance of both parts; empty where unknown.
        protocol: the protocol of the systems that are runs, empty if there are none.
        seeds: names of the seeds of the vote.
        test: what is voted on.
        validation: the same of the validation part; None if a system has none.
        no_validation: why there is no validation part, else empty.
        votes: each class's share of annotators' votes, by utterance; none where they are unknown.
    """

    voters: Sequence[ClassVoter]
    classes: Sequence[str]
    speakers: Mapping[str, str]
    protocol: Mapping[str, Any]
    seeds: Sequence[str]
    test: Part
    validation: Part | None
    no_validation: str
    votes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of the systems."""
        return [voter.name for voter in self.voters]

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

    Raises:
        FeatxError: if there are fewer than two systems, or they differ in utterances, labels,
            speakers, classes, folds, protocol or number of seeds.
    """
    check_enough(voters)
    check_same([voter.system for voter in voters])
    protocol = check_protocols(voters)
    check_seeds(voters)
    seeds = name_seeds(voters)
    voters = [replace(v, ballots=for_each(v.ballots, len(seeds))) for v in voters]
    classes, folds = _join_classes(voters), join_folds(voters)
    tests = [[_keyed(ballot.test.values(), folds) for ballot in v.ballots] for v in voters]
    lacking = [voter.name for voter in voters if not all(b.validation for b in voter.ballots)]
    every = len(lacking) == len(voters)
    names = "all systems" if every else ", ".join(lacking)
    reason = f"{names} {'has' if len(lacking) == 1 else 'have'} none"
    return Election(
        voters=voters,
        classes=classes,
        speakers=_join_speakers(voters),
        protocol=protocol,
        seeds=seeds,
        test=_join(voters, tests, classes),
        validation=None if lacking else _join_validation(voters, folds, classes),
        no_validation=reason if lacking else "",
        votes=_join_votes(voters[0]),
    )


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


_Rows = Mapping[Key, Row]


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


def _join_speakers(voters: Sequence[ClassVoter]) -> dict[str, str]:
    speakers = join_speakers([voter.system for voter in voters])
    for voter in voters:
        for row in (row for ballot in voter.ballots for row in ballot.validation.values()):
            speakers[row.utterance] = speakers.get(row.utterance) or row.speaker
    return speakers


def _keyed(rows: Iterable[Row], folds: Mapping[str, str]) -> _Rows:
    return {(folds[row.utterance], row.utterance): row for row in rows}


def _join_validation(
    voters: Sequence[ClassVoter], folds: Mapping[str, str], classes: Sequence[str]
) -> Part:
    """Join validation rows.

    Where each tested fold has some, those of other folds have no part in anything.
    """
    parts = validation_parts(voters, folds)
    part, tested = _join(voters, parts, classes), set(folds.values())
    if tested < set(part.folds):
        part = part.at(np.flatnonzero([fold in tested for fold, _ in part.keys]))
    return part


def _join(
    voters: Sequence[ClassVoter], parts: Sequence[Sequence[_Rows]], classes: Sequence[str]
) -> Part:
    index = {label: number for number, label in enumerate(classes)}
    keys = sorted(parts[0][0], key=lambda key: (len(key[0]), key))
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
