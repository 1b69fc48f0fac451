"""How families of encoders differ in training: what they are fed, and which weights train."""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor

from featx.features.encoders.checkpoints.find import WHISPER
from featx.features.encoders.shape import EncoderShape
from featx.finetuning.choices import Mode
from featx.finetuning.encoding.padded import PaddedEncoding
from featx.finetuning.encoding.whisper import WhisperEncoding


class Encoding(Protocol):
    """The way from waveforms to the layers, with gradients.

    It refers to the encoder, and has no weights of its own.
    """

    def choose_weights(self, mode: Mode) -> None:
        """Let those of the encoder's weights train that a mode trains."""

    def __call__(
        self,
        waveforms: Tensor,
        samples: Sequence[int],
        frames: Sequence[int],
        all_layers: bool = False,
    ) -> list[Tensor]:
        """Return the last layer of a batch or all of them, as each utterance has them alone.

        Args:
            waveforms: (utterances, samples) float32, zero after the end of each utterance.
            samples: how many samples each utterance has.
            frames: how many frames each utterance has.
            all_layers: whether to return those that features are stored of; else only the last.

        Returns:
            Each (frames, dim): the utterances' own frames, one utterance after the other.
        """


def encoding_of(encoder: Any, extractor: Any, shape: EncoderShape) -> Encoding:
    """Return the way through an encoder that is of its family.

    Args:
        encoder: transformers' model.
        extractor: its preprocessing.
        shape: its layers and frames.
    """
    if encoder.config.model_type == WHISPER:
        return WhisperEncoding(encoder, extractor, shape)
    return PaddedEncoding(encoder)
