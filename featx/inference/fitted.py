"""The heads of a finished fit, applied to audio or stored features."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from featx.errors import FeatxError
from featx.features.choices import Dtype
from featx.fitting.heads.model import FittedHeads
from featx.inference.features import (
    GivenFeatures,
    Loaded,
    Source,
    computed,
    find_source,
    match_stores,
)
from featx.inference.inputs import ENOUGH, Recordings, StoredFeatures, find_speakers
from featx.inference.model import Model, Options
from featx.inference.predictions import Predictions
from featx.inference.temperatures import read_temperatures
from featx.utils.text import counted

log = logging.getLogger("featx")


@dataclass(frozen=True)
class FittedModel(Model):
    """The heads of a finished fit, from `featx.load`. Encoders stay loaded from call to call.

    Attributes:
        folder: the run's folder.
        classes: names of the classes, in the order of the probabilities.
        heads: one for each seed and fold, the final ones if the run has them, and what they take.
        dtypes: the type in which each store kept its features; None where it is unknown.
    """

    folder: Path
    classes: tuple[str, ...]
    heads: FittedHeads
    dtypes: tuple[Dtype | None, ...]
    _loaded: Loaded = field(default_factory=dict, compare=False, repr=False)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts; none of classes."""
        return self.heads.dimensions

    @property
    def several(self) -> bool:
        """Whether any number of its classes may fit an utterance."""
        return self.heads.several

    @property
    def priors(self) -> Sequence[float] | None:
        """How frequent each class was in training; None of runs of earlier versions."""
        return self.heads.priors or None

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        options.refuse_absent(self.heads.keys)
        with self.features(given, options) as features:
            return self.apply(features, given.speakers, options)

    def apply(
        self, features: GivenFeatures, speakers: Mapping[str, str], options: Options
    ) -> Predictions:
        """Predict the classes or numbers of utterances whose features are at hand.

        Args:
            features: a store for each input of the heads.
            speakers: who speaks each utterance, where that is known.
            options: how.

        Raises:
            FeatxError: if a speaker is unknown, or a run has no temperatures.
        """
        names = features.utterances
        owners = [""] * len(names)
        if self.heads.normalize == "speaker":
            owners = find_speakers(names, speakers, options.ask)
        if self.heads.normalize == "corpus" and len(names) < ENOUGH:
            log.warning(
                "The model standardises features by corpus, here by %s alone, which leaves little "
                "of what tells emotions apart. Give more of the corpus at once, or fit with "
                "`normalize='global'`.",
                counted(len(names), "utterance"),
            )
        heads = self.heads.only(options.takes)
        if options.calibrated:
            members = [(member.seed, member.fold) for member in heads.members]
            heads = heads.calibrated(read_temperatures(self.folder, members, self.labels))
        probabilities = heads.probabilities(heads.select(features.stores), names, owners)
        return self.answers(names, probabilities, features.failures)

    @contextmanager
    def features(
        self, given: Recordings | StoredFeatures, options: Options
    ) -> Iterator[GivenFeatures]:
        """Return the features that the heads take, in stores that last as long as the context.

        Raises:
            FeatxError: if they can't be computed, or are not like those of training.
        """
        if isinstance(given, StoredFeatures):
            stored = match_stores(self.heads.inputs, given)
            for selection in self.heads.select(stored.stores):
                selection.check(stored.utterances)
            yield stored
            return
        with computed(self.sources(options), given, self._loaded) as features:
            yield features

    def sources(self, options: Options) -> list[Source]:
        """Return how the features of each input of the heads are computed from audio.

        Raises:
            FeatxError: if an encoder is not here, or too many or too few are given.
        """
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
