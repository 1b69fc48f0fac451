"""How many layers, features and frames an encoder gives, known without its weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from featx.errors import FeatxError
from featx.features.choices import NormalizeWaveform, Window
from featx.features.encoders.checkpoints.find import WHISPER, find_settings
from featx.features.encoders.checkpoints.model_config import read_model_config
from featx.features.encoders.checkpoints.registry import read_registry

WHISPER_HOP = 320  # samples: the spectrogram's step of 160, of which the stem takes every second
WHISPER_WINDOW = 480_000  # samples: 30 s


@dataclass(frozen=True)
class EncoderShape:
    """The shape of an encoder's features.

    Attributes:
        blocks: transformer blocks; features have one layer more.
        dim: features a frame.
        kernels: the width of each convolution of the local encoder, in steps of its input.
        strides: the step of each convolution of the local encoder.
        window: the samples that the encoder sees at once; longer utterances are seen in windows
            of so many. None if it sees any utterance as a whole.
        short: whether a window ends where the utterance does; else it is filled up with silence.
    """

    blocks: int
    dim: int
    kernels: Sequence[int] = (10, 3, 3, 3, 3, 2, 2)
    strides: Sequence[int] = (5, 2, 2, 2, 2, 2, 2)
    window: int | None = None
    short: bool = False

    @property
    def layers(self) -> tuple[int, ...]:
        """Every layer: 0 the local encoder, 1... the transformer blocks."""
        return tuple(range(self.blocks + 1))

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return math.prod(self.strides)

    @property
    def shortest(self) -> int:
        """Samples that one frame needs."""
        samples = 1
        for kernel, stride in zip(reversed(self.kernels), reversed(self.strides), strict=True):
            samples = (samples - 1) * stride + kernel
        return samples

    def frames(self, samples: int) -> int:
        """Return the number of frames that so many samples give; 0 if they are too few."""
        for kernel, stride in zip(self.kernels, self.strides, strict=True):
            if samples < kernel:
                return 0
            samples = (samples - kernel) // stride + 1
        return samples

    def seen_in(self, window: Window, model: str) -> "EncoderShape":
        """Return the same shape, with short windows or those that the model was trained with.

        Args:
            window: which of the two.
            model: the model's name, for the message.

        Raises:
            FeatxError: if short windows are asked for, and the encoder has no windows.
        """
        if window == "short" and self.window is None:
            raise no_windows(model)
        return replace(self, short=window == "short")


def no_windows(model: str) -> FeatxError:
    """Return the refusal of short windows for what has none."""
    return FeatxError(
        f"`window='short'` is for Whisper models, whose windows are else filled up to 30 s; "
        f"{model} sees utterances as they are."
    )


def takes_spectrograms(model: str, normalize_waveform: NormalizeWaveform) -> FeatxError:
    """Return the refusal of a choice about waveforms for what takes none."""
    return FeatxError(
        f"`normalize_waveform={normalize_waveform!r}` is for models that take waveforms; {model} "
        "takes spectrograms, which are made as it was trained."
    )


def whisper_shape(blocks: int, dim: int, window: int = WHISPER_WINDOW) -> EncoderShape:
    """Return the shape of a Whisper: every hop of samples gives a frame, the last begun one too.

    Args:
        blocks: transformer blocks.
        dim: features a frame.
        window: the samples that it sees at once, a multiple of the hop.
    """
    return EncoderShape(blocks, dim, (1,), (WHISPER_HOP,), window)


def find_shape(model: str, revision: str | None = None) -> EncoderShape:
    """Return the shape of a model's features; short names need no file of it.

    Args:
        model: a short name, a Hub id or a local folder.
        revision: a branch, tag or commit of the Hub repository.

    Raises:
        FeatxError: if the model is unknown, or its config can't be had.
    """
    registry = read_registry()
    if model in registry and not Path(model).is_dir():
        entry = registry[model]
        kind = whisper_shape if entry.family == WHISPER else EncoderShape
        return kind(entry.layers, entry.dim)
    return read_shape(find_settings(model, revision))


def read_shape(folder: Path) -> EncoderShape:
    """Read the shape from the config of a checkpoint.

    Raises:
        FeatxError: if it can't be read, or is not of a family that featx knows.
    """
    config = read_model_config(folder)
    if config.model_type == WHISPER:
        window = config.max_source_positions * WHISPER_HOP
        return whisper_shape(config.encoder_layers, config.d_model, window)
    return EncoderShape(
        config.num_hidden_layers, config.hidden_size, config.conv_kernel, config.conv_stride
    )
