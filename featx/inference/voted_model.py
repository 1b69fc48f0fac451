"""What votes of all kinds have in common that are loaded: their members are asked and joined."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from featx.errors import FeatxError
from featx.inference.features import GivenFeatures, Loaded, Source, computed
from featx.inference.fitted import FittedModel
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.predictions import Predictions
from featx.inference.seats import Seat

Rows = Mapping[str, Any]
"""What a member says of each utterance, a `PredictedUtterance`."""


@dataclass(frozen=True, kw_only=True)
class VotedModel(Model):
    """The members of a finished vote, from `featx.load`.

    Attributes:
        classes: names of the classes, in the order of the probabilities; none of numbers.
        seats: the members, in the order in which they were named.
    """

    classes: tuple[str, ...]
    seats: Sequence[Seat]
    _loaded: Loaded = field(default_factory=dict, compare=False, repr=False)

    @abstractmethod
    def _decide(
        self, names: Sequence[str], rows: Sequence[Rows], failures: Mapping[str, str]
    ) -> Predictions:
        """Return the predictions of the vote.

        Args:
            names: the utterances of which all members say something.
            rows: what each member says.
            failures: utterance id to why there is no prediction for it.
        """

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
        return self._decide(names, rows, failures)

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
