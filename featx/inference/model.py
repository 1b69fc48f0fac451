"""What all loaded models have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import PositiveFloat

from featx.features.plan import MAX_SECONDS
from featx.inference.inputs import Inputs, Recordings, SpeakerOf, StoredFeatures, read_inputs
from featx.inference.predictions import Predictions
from featx.utils.arguments import checked, refuse_beside
from featx.utils.files import as_paths


@dataclass(frozen=True)
class Options:
    """How predictions are computed.

    Attributes:
        speaker_of: gives the speaker of an utterance; None if unknown.
        encoders: the checkpoint folders of the encoders, where the run's names do not lead there.
        max_seconds: the longest utterance that is taken.
        device: where encoders compute: "auto", "cpu", "cuda" or "cuda:<number>".
    """

    speaker_of: SpeakerOf | None
    encoders: tuple[Path, ...]
    max_seconds: float
    device: str


class Model(ABC):
    """A trained model, from `featx.load`.

    Attributes:
        classes: names of the classes, in the order of the probabilities.
    """

    classes: tuple[str, ...]

    @checked
    def predict(
        self,
        inputs: Inputs,
        *,
        speaker_of: SpeakerOf | None = None,
        encoder: str | Path | Sequence[str | Path] = (),
        max_seconds: PositiveFloat = MAX_SECONDS,
        device: str = "auto",
    ) -> Predictions:
        """Predict the classes of utterances; `featx.predict` explains the arguments."""
        options = Options(speaker_of, tuple(as_paths(encoder)), max_seconds, device)
        given = read_inputs(inputs)
        if isinstance(given, StoredFeatures):
            of_audio = {"encoder": encoder, "max_seconds": max_seconds, "device": device}
            refuse_beside(Model.predict, of_audio, of_audio, "inputs", "which are stored features")
        return self._predict(given, options)

    @abstractmethod
    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        """Predict the classes of the given utterances."""
