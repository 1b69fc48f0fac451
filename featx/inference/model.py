"""What all loaded models have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.features.plan import MAX_SECONDS
from featx.inference.inputs import Inputs, Recordings, SpeakerOf, StoredFeatures, read_inputs
from featx.inference.predictions import Predictions


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

    def predict(
        self,
        inputs: Inputs,
        *,
        speaker_of: SpeakerOf | None = None,
        encoder: str | Path | Sequence[str | Path] = (),
        max_seconds: float = MAX_SECONDS,
        device: str = "auto",
    ) -> Predictions:
        """Predict the classes of utterances; `featx.predict` explains the arguments."""
        folders = [encoder] if isinstance(encoder, str | Path) else encoder
        options = Options(speaker_of, tuple(map(Path, folders)), max_seconds, device)
        return self._predict(read_inputs(inputs), options)

    @abstractmethod
    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        """Predict the classes of the given utterances."""
