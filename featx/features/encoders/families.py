"""What differs between families of encoders: how they are loaded, fed and computed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AutoModel,
    PretrainedConfig,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)

from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.encoders.networks.lengths import Place
from featx.features.encoders.networks.wav2vec2.network import Network
from featx.features.encoders.networks.whisper.network import WhisperNetwork
from featx.features.encoders.shape import WHISPER_HOP


class LayersNetwork(Protocol):
    """What computes an encoder's layers: `Network` and `WhisperNetwork`."""

    def prepare(self, device: torch.device, dtype: torch.dtype) -> "LayersNetwork":
        """Move to a device, and compute in this type."""

    def places(self, frames: Sequence[int]) -> Sequence[Place]:
        """Return where the frames of utterances are in a layer, by how many each has."""

    def __call__(
        self, waveforms: Tensor, samples: Sequence[int], frames: Sequence[int]
    ) -> Iterator[Tensor]:
        """Yield layer after layer, each (rows, frames of a row, dim), as `places` says."""


class Family(Protocol):
    """A kind of encoder."""

    @property
    def anchor(self) -> str:
        """The name of a weight that every encoder of the family has, and has once."""

    @property
    def extractor(self) -> Any:
        """The class of transformers that prepares waveforms."""

    @property
    def needed(self) -> Mapping[str, str]:
        """What a preprocessor's file must say with true or false, and what for."""

    def published(self, config: Any) -> dict[str, Any]:
        """Return the preprocessor's settings with which models of such a config were published.

        What is not known of them is left out.
        """

    def describe(self, extractor: Any) -> str:
        """Say how waveforms are prepared."""

    def untrained(self, config: Any) -> Any:
        """Return a model of this config, whose weights are random."""

    def network(self, model: Any, extractor: Any, highest: int, short: bool) -> LayersNetwork:
        """Return what computes the layers up to the highest, in short windows or as trained."""

    def check(self, config: PretrainedConfig, extractor: Any, path: Path) -> None:
        """Refuse, by a FeatxError that names its file, a preprocessor that doesn't fit."""


class Wav2Vec2Family:
    """wav2vec 2.0 and its kin, which take samples."""

    anchor = "feature_projection.projection.weight"
    extractor: Any = Wav2Vec2FeatureExtractor
    needed: Mapping[str, str] = MappingProxyType(
        {"do_normalize": "says whether waveforms are normalised"}
    )

    def published(self, config: Any) -> dict[str, Any]:
        """Return the settings of the family's large and base models on the Hub.

        WavLM's base models are not normalised. Of UniSpeech-SAT's the Hub's file could not be
        looked up, so that whether they are is left out; all others of the six families are. The
        mask is transformers' own rule, in its
        `convert_wav2vec2_original_pytorch_checkpoint_to_pytorch.py`.
        """
        large = getattr(config, "feat_extract_norm", "layer") == "layer"  # data2vec has this alone
        settings = {"return_attention_mask": large}
        if large or config.model_type != "unispeech-sat":
            settings["do_normalize"] = large or config.model_type != "wavlm"
        return settings

    def describe(self, extractor: Any) -> str:
        """Say whether waveforms are normalised."""
        return f"{'' if extractor.do_normalize else 'not '}normalised to mean 0 and variance 1"

    def untrained(self, config: Any) -> Any:
        """Return a model of this config, whose weights are random."""
        return AutoModel.from_config(config)

    def network(self, model: Any, extractor: Any, highest: int, short: bool) -> LayersNetwork:
        """Return what computes the layers up to the highest; there are no windows to be short."""
        return Network(model, highest)

    def check(self, config: PretrainedConfig, extractor: Any, path: Path) -> None:
        """Refuse nothing: these models take any samples."""


class WhisperFamily:
    """Whisper's encoder, which takes a spectrogram. Its decoder is not loaded."""

    anchor = "conv1.weight"
    extractor: Any = WhisperFeatureExtractor
    needed: Mapping[str, str] = MappingProxyType({})

    def published(self, config: Any) -> dict[str, Any]:
        """Return OpenAI's settings, which differ in the number of bands alone."""
        return {"feature_size": config.num_mel_bins}

    def describe(self, extractor: Any) -> str:
        """Say what spectrogram there is."""
        return f"as a log-mel spectrogram of {extractor.feature_size} bands"

    def untrained(self, config: Any) -> Any:
        """Return an encoder alone of this config, whose weights are random."""
        # takes two seconds to import
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        return WhisperEncoder(config)

    def network(self, model: Any, extractor: Any, highest: int, short: bool) -> LayersNetwork:
        """Return what computes the layers up to the highest, in short windows or as trained."""
        return WhisperNetwork(model, extractor, highest, short)

    def check(self, config: PretrainedConfig, extractor: Any, path: Path) -> None:
        """Refuse a spectrogram of other bands or steps than the model was trained on."""
        bands = getattr(extractor, "feature_size", None)
        if bands != config.num_mel_bins:
            raise FeatxError(
                f"{path}: makes spectrograms of {bands} bands, the model takes "
                f"{config.num_mel_bins}."
            )
        step = getattr(extractor, "hop_length", None)
        if step is None or 2 * step != WHISPER_HOP:
            raise FeatxError(
                f"{path}: its spectrogram has a step of {step} samples, the model's frames "
                f"are {WHISPER_HOP} samples apart, two steps."
            )


def family_of(config: PretrainedConfig) -> Family:
    """Return the family of a model with this config."""
    return WhisperFamily() if config.model_type == "whisper" else Wav2Vec2Family()


def prepare_waveform(extractor: Any, waveform: np.ndarray) -> np.ndarray:
    """Return a waveform as a model takes it, (samples,) float32.

    Args:
        extractor: transformers' preprocessing for the model.
        waveform: (samples,) float32 at 16 kHz.
    """
    if isinstance(extractor, WhisperFeatureExtractor):
        return waveform  # its spectrogram is made of whole windows, where the encoder computes
    inputs = extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="np")
    prepared: np.ndarray = inputs.input_values[0]
    return prepared
