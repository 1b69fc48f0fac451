"""The heads of a finished fit, applied to audio or stored features."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.features.choices import Dtype
from featx.fitting.model import FittedHeads
from featx.inference.features import (
    GivenFeatures,
    Source,
    computed,
    find_source,
    match_stores,
)
from featx.inference.inputs import Recordings, StoredFeatures, find_speakers
from featx.inference.model import Model, Options
from featx.inference.predictions import Predictions
from featx.inference.temperatures import read_temperatures


@dataclass(frozen=True)
class FittedModel(Model):
    """The heads of a finished fit, from `featx.load`.

    Attributes:
        folder: the run's folder.
        classes: names of the classes, in the order of the probabilities.
        heads: one for each seed and fold, and what they take.
        dtypes: the type in which each store kept its features; None where it is unknown.
    """

    folder: Path
    classes: tuple[str, ...]
    heads: FittedHeads
    dtypes: tuple[Dtype | None, ...]

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        options.refuse_absent([(member.seed, member.fold) for member in self.heads.members])
        with self._features(given, options) as features:
            names = features.utterances
            speakers = [""] * len(names)
            if self.heads.normalize == "speaker":
                speakers = find_speakers(names, given.speakers, options.ask)
            heads = self.heads.only(options.takes)
            if options.calibrated:
                members = [(member.seed, member.fold) for member in heads.members]
                heads = heads.calibrated(read_temperatures(self.folder, members))
            selections = heads.select(features.stores)
            probabilities = heads.probabilities(selections, names, speakers)
            return Predictions.of(self.classes, names, probabilities, features.failures)

    def features(
        self, given: Recordings | StoredFeatures, options: Options
    ) -> AbstractContextManager[GivenFeatures]:
        """Return the features that the heads take, in stores that last as long as the context.

        Raises:
            FeatxError: if they can't be computed, or are not like those of training.
        """
        return self._features(given, options)

    @contextmanager
    def _features(
        self, given: Recordings | StoredFeatures, options: Options
    ) -> Iterator[GivenFeatures]:
        if isinstance(given, StoredFeatures):
            yield match_stores(self.heads.inputs, given)
            return
        with computed(self._sources(options), given) as features:
            yield features

    def _sources(self, options: Options) -> list[Source]:
        encoders = [wanted for wanted in self.heads.inputs if not wanted.features.is_acoustic]
        if options.encoders and len(options.encoders) != len(encoders):
            names = ", ".join(wanted.encoder for wanted in encoders) or "none"
            raise FeatxError(
                f"`encoder` names {len(options.encoders)} checkpoints, and the head takes features "
                f"of {len(encoders)} encoders: {names}."
            )
        places = iter(options.encoders)
        return [
            find_source(
                wanted,
                dtype,
                run=self.folder,
                encoder=None if wanted.features.is_acoustic else next(places, None),
                options=options,
            )
            for wanted, dtype in zip(self.heads.inputs, self.dtypes, strict=True)
        ]
