"""The members of a finished vote, which vote on audio or stored features."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError

from featx.errors import FeatxError
from featx.inference.features import GivenFeatures, Loaded, Source, computed
from featx.inference.fitted import FittedModel
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.inference.seats import member_run, member_seed
from featx.inference.voted_labels import LabelVoteScores, VotedLabels, load_label_vote
from featx.inference.voted_numbers import NumberVoteScores, VotedNumbers, load_number_vote
from featx.runs.files import SCORES
from featx.runs.read import damaged
from featx.scoring.labels.results import MULTILABEL
from featx.scoring.numbers.results import REGRESSION
from featx.utils.config import Schema, first_problem
from featx.voting.choices import Rule, Tie
from featx.voting.classes.rules import Votes, decide

_Rows = Mapping[str, PredictedUtterance]


class _Member(Schema, extra="ignore"):
    name: str
    files: tuple[Path, ...]
    validation_uar: float | None
    folds: tuple[str, ...]


class _Vote(Schema, extra="ignore"):
    """What a vote's scores say of how it was held."""

    rule: Rule
    tie: Tie
    members: tuple[_Member, ...]


class _Kind(Schema, extra="ignore"):
    task: str = ""


class _Scores(Schema, extra="ignore"):
    classes: tuple[str, ...]
    vote: _Vote


@dataclass(frozen=True)
class Seat:
    """A member of a vote.

    Attributes:
        model: what votes.
        seed: whose models of it do; None for those of all seeds.
        weight: its validation UAR, for the weighted rule; 1 for others.
        count: how many times it votes: once for each fold that a search chose it for.
    """

    model: Model
    seed: int | None
    weight: float
    count: int


@dataclass(frozen=True)
class VotedModel(Model):
    """The members of a finished vote, from `featx.load`.

    Attributes:
        classes: names of the classes, in the order of the probabilities.
        rule: how votes count.
        tie: which of equally many wins.
        seats: the members, in the order in which they were named.
    """

    classes: tuple[str, ...]
    rule: Rule
    tie: Tie
    seats: tuple[Seat, ...]
    _loaded: Loaded = field(default_factory=dict, compare=False, repr=False)

    @property
    def members(self) -> Sequence[Model]:
        """The models that vote."""
        return [seat.model for seat in self.seats]

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        if options.encoders and len(self.seats) > 1:
            raise FeatxError(
                "`encoder` can't be given for a vote, whose members may have several encoders. Put "
                "the checkpoint folder where the members' runs find it by its name."
            )
        with self._features(given, options) as features:
            said = [self._ask(seat, given, features, options) for seat in self.seats]
        rows = [{row.utterance: row for row in each} for each in said]
        names = [name for name in rows[0] if all(name in own for own in rows)]
        failures = {name: why for each in said for name, why in each.failures.items()}
        if not names:
            first = next(iter(failures.values()))
            raise FeatxError(f"No utterance can be used by all members; the first: {first}")
        return self._count(names, rows, failures)

    def _ask(
        self,
        seat: Seat,
        given: Recordings | StoredFeatures,
        features: "_Shared | None",
        options: Options,
    ) -> Predictions:
        if seat.seed is not None:
            if options.seed not in (None, seat.seed):
                raise FeatxError("`seed`: in this vote seeds are members; leave it out.")
            options = replace(options, seed=seat.seed)
        if features is None or not isinstance(seat.model, FittedModel):
            return seat.model._predict(given, options)
        options.refuse_absent(seat.model.heads.keys)
        return seat.model.apply(features.of(seat.model, options), given.speakers, options)

    @contextmanager
    def _features(
        self, given: Recordings | StoredFeatures, options: Options
    ) -> "Iterator[_Shared | None]":
        """Compute the features that heads take of audio, those that several take once."""
        sources: list[Source] = []
        if isinstance(given, Recordings):
            heads = [seat.model for seat in self.seats if isinstance(seat.model, FittedModel)]
            for model in heads:
                options.refuse_absent(model.heads.keys)
            wanted = [source for model in heads for source in model.sources(options)]
            sources = [source for n, source in enumerate(wanted) if source not in wanted[:n]]
        if not sources or isinstance(given, StoredFeatures):
            yield None
            return
        with computed(sources, given, self._loaded) as features:
            yield _Shared(sources, features)

    def _count(
        self, names: Sequence[str], rows: Sequence[_Rows], failures: Mapping[str, str]
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


@dataclass(frozen=True)
class _Shared:
    """Features that several models take.

    Attributes:
        sources: how each was computed.
        features: a store for each.
    """

    sources: Sequence[Source]
    features: GivenFeatures

    def of(self, model: FittedModel, options: Options) -> GivenFeatures:
        """Return those that a model takes."""
        places = [self.sources.index(source) for source in model.sources(options)]
        stores = tuple(self.features.stores[place] for place in places)
        return replace(self.features, stores=stores)


def load_vote(
    folder: Path, load: Callable[[Path], Model]
) -> VotedModel | VotedNumbers | VotedLabels:
    """Load the members of a finished vote.

    Args:
        folder: the vote's run folder.
        load: loads a run.

    Raises:
        FeatxError: if a member is not here or has no models, or a file is damaged.
    """
    path = folder / SCORES
    try:
        content = path.read_bytes()
        task = _Kind.model_validate_json(content).task
        if task == MULTILABEL:
            of_labels = LabelVoteScores.model_validate_json(content)
            return load_label_vote(folder, of_labels, _not_itself(folder, load))
        if task == REGRESSION:
            of_numbers = NumberVoteScores.model_validate_json(content)
            return load_number_vote(folder, of_numbers, _not_itself(folder, load))
        scores = _Scores.model_validate_json(content)
    except (OSError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise damaged(path, why) from None
    load_once = cache(_not_itself(folder, load))  # seeds of a run may be members of their own
    seats = [_seat(folder, member, scores.vote, load_once) for member in scores.vote.members]
    for member, seat in zip(scores.vote.members, seats, strict=True):
        if set(seat.model.classes) != set(scores.classes):
            raise FeatxError(
                f"{folder}: its member {member.name} has other classes than the vote: it was "
                "trained again since. Vote again with `overwrite`."
            )
    return VotedModel(scores.classes, scores.vote.rule, scores.vote.tie, tuple(seats))


def _not_itself(folder: Path, load: Callable[[Path], Model]) -> Callable[[Path], Model]:
    """Return what loads a member of a vote, and refuses a vote that is its own."""

    def guarded(run: Path) -> Model:
        try:
            return load(run)
        except RecursionError:
            raise FeatxError(
                f"{folder}: has itself among its members or theirs, so it can't be loaded. Vote "
                "again."
            ) from None

    return guarded


def _seat(folder: Path, member: _Member, vote: _Vote, load: Callable[[Path], Model]) -> Seat:
    run = member_run(folder, member.name, member.files)
    model = load(run)
    weighted = vote.rule == "weighted" and member.validation_uar is not None
    return Seat(
        model,
        seed=member_seed(member.name),
        weight=float(member.validation_uar or 0) if weighted else 1.0,
        count=max(1, len(member.folds)),
    )
