"""The members of a finished vote on classes, which vote on audio or stored features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from featx.inference.model import Model
from featx.inference.predictions import Predictions
from featx.inference.seats import Member, Seat
from featx.inference.voted_model import Rows, VotedModel
from featx.utils.config import Schema
from featx.voting.choices import Rule, Tie
from featx.voting.classes.rules import Votes, decide


class _Member(Member):
    validation_uar: float | None
    folds: tuple[str, ...]


class _Vote(Schema, extra="ignore"):
    rule: Rule
    tie: Tie
    members: tuple[_Member, ...]


@dataclass(frozen=True)
class ClassSeat(Seat):
    """A member of a vote on classes.

    Attributes:
        weight: its validation UAR, for the weighted rule; 1 for others.
        count: how many times it votes: once for each fold that a search chose it for.
    """

    weight: float
    count: int


@dataclass(frozen=True, kw_only=True)
class VotedClasses(VotedModel):
    """The members of a finished vote on classes, from `featx.load`.

    Attributes:
        rule: how votes count.
        tie: which of equally many wins.
    """

    seats: Sequence[ClassSeat]
    rule: Rule
    tie: Tie

    def _decide(
        self, names: Sequence[str], rows: Sequence[Rows], failures: Mapping[str, str]
    ) -> Predictions:
        probabilities = np.array(
            [[[own[n].probabilities[c] for c in self.classes] for n in names] for own in rows]
        )
        predictions = np.array([[self.classes.index(own[n].label) for n in names] for own in rows])
        weights = np.repeat([[seat.weight] for seat in self.seats], len(names), 1)
        votes = Votes(len(self.classes), predictions, probabilities, weights)
        voting = [place for place, seat in enumerate(self.seats) for _ in range(seat.count)]
        outcome = decide(votes, np.array([voting]), self.rule, self.tie)
        shares = outcome.shares[:, 0].T / outcome.shares[:, 0].T.sum(1, keepdims=True)
        result = Predictions.of(self.classes, names, torch.from_numpy(shares), failures)
        return result.labelled([self.classes[winner] for winner in outcome.winners[0]])


class ClassVoteScores(Schema, extra="ignore"):
    """What the scores of a vote on classes say of how it was held."""

    classes: tuple[str, ...]
    vote: _Vote

    def to_model(self, folder: Path, load: Callable[[Path], Model]) -> VotedClasses:
        """Load the members of the vote.

        Args:
            folder: the vote's run folder.
            load: loads a run.

        Raises:
            FeatxError: if a member is not here, has no models, or has other classes.
        """
        vote, seats = self.vote, []
        for member in vote.members:
            model = load(member.run(folder))
            if set(model.classes) != set(self.classes):
                raise member.trained_again(folder, "has other classes")
            weighted = vote.rule == "weighted" and member.validation_uar is not None
            weight = float(member.validation_uar or 0) if weighted else 1.0
            seats.append(ClassSeat(model, member.seed, weight, count=max(1, len(member.folds))))
        return VotedClasses(classes=self.classes, seats=tuple(seats), rule=vote.rule, tie=vote.tie)
