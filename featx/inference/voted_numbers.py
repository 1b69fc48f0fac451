"""The members of a finished vote on numbers, whose mean is taken on audio or stored features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from featx.errors import FeatxError
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.number_predictions import NumberPredictions
from featx.inference.predictions import Predictions
from featx.inference.seats import member_run, member_seed
from featx.utils.config import Schema
from featx.voting.numbers.averaging import average


class _Member(Schema, extra="ignore"):
    name: str
    files: tuple[Path, ...]
    validation_ccc: Mapping[str, float] | None


class _Vote(Schema, extra="ignore"):
    rule: str
    members: tuple[_Member, ...]


class NumberVoteScores(Schema, extra="ignore"):
    """What the scores of a vote on numbers say of how it was held."""

    dimensions: Mapping[str, object]
    vote: _Vote


@dataclass(frozen=True)
class NumberSeat:
    """A member of a vote.

    Attributes:
        model: what predicts.
        seed: whose models of it do; None for those of all seeds.
        weights: what it weighs, (dimensions,).
    """

    model: Model
    seed: int | None
    weights: np.ndarray


@dataclass(frozen=True)
class VotedNumbers(Model):
    """The members of a finished vote on numbers, from `featx.load`.

    Attributes:
        classes: none.
        columns: the columns that all members predict.
        seats: the members, in the order in which they were named.
    """

    classes: tuple[str, ...]
    columns: tuple[str, ...]
    seats: tuple[NumberSeat, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts."""
        return self.columns

    @property
    def members(self) -> Sequence[Model]:
        """The models that vote."""
        return [seat.model for seat in self.seats]

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        said = [self._ask(seat, given, options) for seat in self.seats]
        rows = [{row.utterance: row.numbers for row in each.rows} for each in said]
        names = [name for name in rows[0] if all(name in own for own in rows)]
        failures = {name: why for each in said for name, why in each.failures.items()}
        if not names:
            first = next(iter(failures.values()))
            raise FeatxError(f"No utterance can be used by all members; the first: {first}")
        numbers = np.array([[[own[n][c] for c in self.columns] for n in names] for own in rows])
        mean = average(numbers, np.stack([seat.weights for seat in self.seats]))
        return NumberPredictions.of_numbers(self.columns, names, torch.from_numpy(mean), failures)

    def _ask(
        self, seat: NumberSeat, given: Recordings | StoredFeatures, options: Options
    ) -> NumberPredictions:
        if options.encoders and len(self.seats) > 1:
            raise FeatxError(
                "`encoder` can't be given for a vote, whose members may have several encoders. Put "
                "the checkpoint folder where the members' runs find it by its name."
            )
        if seat.seed is not None:
            if options.seed not in (None, seat.seed):
                raise FeatxError("`seed`: in this vote seeds are members; leave it out.")
            options = replace(options, seed=seat.seed)
        found = seat.model._predict(given, options)
        assert isinstance(found, NumberPredictions), "its dimensions have been checked"
        return found


def load_number_vote(
    folder: Path, scores: NumberVoteScores, load: Callable[[Path], Model]
) -> VotedNumbers:
    """Load the members of a finished vote on numbers.

    Args:
        folder: the vote's run folder.
        scores: what its scores say of it.
        load: loads a run.

    Raises:
        FeatxError: if a member is not here, has no models, or predicts something else.
    """
    columns, load_once = tuple(scores.dimensions), cache(load)
    return VotedNumbers((), columns, tuple(_seats(folder, scores.vote, columns, load_once)))


def _seats(
    folder: Path, vote: _Vote, columns: tuple[str, ...], load: Callable[[Path], Model]
) -> Sequence[NumberSeat]:
    seats = []
    for member in vote.members:
        model = load(member_run(folder, member.name, member.files))
        if model.dimensions != columns:
            raise FeatxError(
                f"{folder}: its member {member.name} predicts other numbers than the vote: it was "
                "trained again since. Vote again with `overwrite`."
            )
        weights = np.ones(len(columns))
        if vote.rule == "weighted" and member.validation_ccc:
            weights = np.array([max(0.0, member.validation_ccc[name]) for name in columns])
        seats.append(NumberSeat(model, member_seed(member.name), weights))
    return seats
