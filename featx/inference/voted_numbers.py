"""The members of a finished vote on numbers, whose mean is taken on audio or stored features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from featx.inference.model import Model
from featx.inference.number_predictions import NumberPredictions
from featx.inference.predictions import Predictions
from featx.inference.seats import Member, Seat
from featx.inference.voted_model import Rows, VotedModel
from featx.utils.config import Schema
from featx.voting.numbers.averaging import average


class _Member(Member):
    validation_ccc: Mapping[str, float] | None


class _Vote(Schema, extra="ignore"):
    rule: str
    members: tuple[_Member, ...]


@dataclass(frozen=True)
class NumberSeat(Seat):
    """A member of a vote on numbers.

    Attributes:
        weights: what it weighs, (dimensions,).
    """

    weights: np.ndarray


@dataclass(frozen=True, kw_only=True)
class VotedNumbers(VotedModel):
    """The members of a finished vote on numbers, from `featx.load`.

    Attributes:
        columns: the columns that all members predict.
    """

    seats: Sequence[NumberSeat]
    columns: tuple[str, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts."""
        return self.columns

    def _decide(
        self, names: Sequence[str], rows: Sequence[Rows], failures: Mapping[str, str]
    ) -> Predictions:
        numbers = np.array(
            [[[own[n].numbers[c] for c in self.columns] for n in names] for own in rows]
        )
        mean = average(numbers, np.stack([seat.weights for seat in self.seats]))
        return NumberPredictions.of_numbers(self.columns, names, torch.from_numpy(mean), failures)


class NumberVoteScores(Schema, extra="ignore"):
    """What the scores of a vote on numbers say of how it was held."""

    dimensions: Mapping[str, object]
    vote: _Vote

    def to_model(self, folder: Path, load: Callable[[Path], Model]) -> VotedNumbers:
        """Load the members of the vote.

        Args:
            folder: the vote's run folder.
            load: loads a run.

        Raises:
            FeatxError: if a member is not here, has no models, or predicts something else.
        """
        columns, vote, seats = tuple(self.dimensions), self.vote, []
        for member in vote.members:
            model = load(member.run(folder))
            if model.dimensions != columns:
                raise member.trained_again(folder, "predicts other numbers")
            weights = np.ones(len(columns))
            if vote.rule == "weighted" and member.validation_ccc:
                weights = np.array([max(0.0, member.validation_ccc[name]) for name in columns])
            seats.append(NumberSeat(model, member.seed, weights))
        return VotedNumbers(classes=(), seats=tuple(seats), columns=columns)
