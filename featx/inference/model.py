"""What all loaded models have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat
from torch import Tensor

from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.features.planning.length import MAX_SECONDS
from featx.inference.inputs import (
    Ask,
    Inputs,
    Recordings,
    SpeakerOf,
    StoredFeatures,
    asking,
    read_inputs,
)
from featx.inference.label_predictions import LabelPredictions
from featx.inference.number_predictions import NumberPredictions
from featx.inference.predictions import Predictions
from featx.inference.priors import Priors, apply_priors, unknown_priors
from featx.inference.windows import cut
from featx.utils.arguments import checked, refuse_with
from featx.utils.files import as_paths

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Options:
    """How predictions are computed.

    Attributes:
        ask: gives the speaker of an utterance; None where nothing but a manifest does.
        encoders: the checkpoint folders of the encoders, where the run's names do not lead there.
        max_seconds: the longest utterance that is taken.
        device: where encoders compute: "auto", "cpu", "cuda" or "cuda:<number>".
        seed: whose models predict; None for those of all seeds.
        fold: whose models predict; None for the final ones or, without these, those of all folds.
        calibrated: whether each model's logits are divided by its temperature.
    """

    ask: Ask | None
    encoders: tuple[Path, ...]
    max_seconds: float
    device: str
    seed: int | None = None
    fold: int | None = None
    calibrated: bool = False

    def takes(self, seed: int, fold: int | None) -> bool:
        """Tell whether the model of a seed and fold is asked; a final model has no fold."""
        return self.seed in (None, seed) and self.fold in (None, fold)

    def refuse_absent(self, members: Sequence[tuple[int, int | None]]) -> None:
        """Raise a FeatxError if no model is of the seed and fold that are asked for."""
        if not any(self.takes(*member) for member in members):
            asked = {"seed": self.seed, "fold": self.fold}
            shown = " and ".join(f"`{k}={v}`" for k, v in asked.items() if v is not None)
            numbers = [set(each) - {None} for each in zip(*members, strict=True)]
            there = [", ".join(map(str, sorted(own))) for own in numbers]
            raise FeatxError(
                f"{shown}: the run has no such model. It has seeds {there[0]} and folds {there[1]}."
            )


class Model(ABC):
    """A trained model, from `featx.load`.

    Attributes:
        classes: names of the classes, in the order of the probabilities; none of numbers.
    """

    classes: tuple[str, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts, in their order; none of classes."""
        return ()

    @property
    def several(self) -> bool:
        """Whether any number of its classes may fit an utterance."""
        return False

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of which any number may fit an utterance; none where a single one does."""
        return self.classes if self.several else ()

    @property
    def priors(self) -> Sequence[float] | None:
        """How frequent each class was in training; None if that is not known."""
        return None

    @checked
    def predict(
        self,
        inputs: Inputs,
        *,
        speaker_of: SpeakerOf | None = None,
        encoder: str | Path | Sequence[str | Path] = (),
        max_seconds: PositiveFloat = MAX_SECONDS,
        device: str = "auto",
        seed: NonNegativeInt | None = None,
        fold: NonNegativeInt | None = None,
        window: PositiveFinite | None = None,
        hop: PositiveFinite | None = None,
        abstain: Share = 0.0,
        calibrated: bool = False,
        priors: Priors | None = None,
        scale: PositiveFinite | None = None,
    ) -> Predictions:
        """Predict the classes or numbers of utterances; `featx.predict` explains the arguments."""
        self.refuse_of_classes(abstain=abstain, priors=priors)
        self.refuse_of_numbers(calibrated=calibrated)
        encoders = tuple(as_paths(encoder))
        ask = None if speaker_of is None else asking(speaker_of)
        as_likely = calibrated or priors is not None
        options = Options(ask, encoders, max_seconds, device, seed, fold, as_likely)
        given = read_inputs(inputs, scale)
        if hop is not None and window is None:
            raise FeatxError("`hop` is the step between windows: give `window` too, such as 4.")
        if isinstance(given, StoredFeatures):
            of_audio = {
                "encoder": encoder, "max_seconds": max_seconds, "device": device, "window": window,
            }  # fmt: skip
            refuse_with(Model.predict, of_audio, of_audio, "inputs", "which are stored features")
        elif window is not None:
            pieces = cut(given, window, hop or window)
            if ask is not None:  # it knows recordings, not windows
                speakers = {name: ask(own.utterance) for name, own in pieces.windows.items()}
                options = replace(options, ask=speakers.get)
            predictions = self._corrected(pieces.recordings, options, priors)
            return predictions.placed(pieces.windows, pieces.failures).abstaining(abstain)
        return self._corrected(given, options, priors).abstaining(abstain)

    def refuse_of_numbers(self, **given: object) -> None:
        """Refuse arguments that are for models which give probabilities.

        Args:
            given: the arguments by their names; those that are empty are not given.

        Raises:
            FeatxError: names the first.
        """
        asked = next((name for name, value in given.items() if value), "")
        if asked and self.dimensions:
            raise FeatxError(
                f"`{asked}` is about classes, and the model predicts numbers "
                f"({', '.join(self.dimensions)})."
            )

    def refuse_of_classes(self, **given: object) -> None:
        """Refuse arguments that are for models which tell classes apart; as `refuse_of_numbers`."""
        self.refuse_of_numbers(**given)
        asked = next((name for name, value in given.items() if value), "")
        if asked and self.several:
            raise FeatxError(
                f"`{asked}` is about a single class of each utterance, and the model predicts "
                f"several labels at once ({', '.join(self.classes)}), each from a probability of "
                "0.5 on."
            )

    def answers(
        self, utterances: Sequence[str], found: Tensor, failures: Mapping[str, str]
    ) -> Predictions:
        """Return what is found of utterances as predictions, of whatever kind they are.

        Args:
            utterances: ids.
            found: (utterances, classes) probabilities, or (utterances, dimensions) numbers.
            failures: utterance id to why there is no prediction for it.
        """
        if self.dimensions:
            return NumberPredictions.of_numbers(self.dimensions, utterances, found, failures)
        kind = LabelPredictions if self.several else Predictions
        return kind.of(self.classes, utterances, found, failures)

    def _corrected(
        self, given: Recordings | StoredFeatures, options: Options, priors: Priors | None
    ) -> Predictions:
        """Predict the classes of the given utterances, with these priors."""
        if priors is None:
            return self._predict(given, options)
        if self.priors is None:
            raise unknown_priors()
        return apply_priors(self._predict(given, options), priors, self.priors)

    @abstractmethod
    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        """Predict the classes of the given utterances."""
