"""Encoders as a graph takes them: padded batches whose lengths are tensors, not numbers.

The networks that extract features are arranged for speed, and take lengths as numbers, which a
graph would keep. Here the same weights compute the same layers with masks in their place.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import WhisperFeatureExtractor

from featx.features.encoders.networks.wav2vec2.network import Network
from featx.features.encoders.networks.whisper.network import WhisperNetwork
from featx.features.encoders.shape import WHISPER_HOP


class Frames:
    """The real frames of a padded batch, as `Lengths` says it to the parts of a network.

    Args:
        counts: (utterances,) frames of each.
        longest: frames of the batch, padding included.
    """

    def __init__(self, counts: Tensor, longest: int) -> None:
        self.counts, self.longest = counts, longest
        self.apart = False  # counts are tensors, by which a graph can't go from one to the next
        self.real = torch.arange(longest, device=counts.device) < counts[:, None]
        self.mask = self.real[:, None, None]

    def clear(self, hidden: Tensor) -> Tensor:
        """Set what is after the end of each utterance, in (utterances, longest, dim), to zero."""
        return hidden.masked_fill(~self.real[..., None], 0.0)


def encoder_graph(model: Any, extractor: Any, highest: int) -> "WhisperGraph | Wav2Vec2Graph":
    """Return what computes the layers of an encoder up to the highest that is asked for.

    Args:
        model: transformers' encoder.
        extractor: its preprocessing.
        highest: the last layer to compute; 0 is the local encoder.
    """
    kind: Any = WhisperGraph if isinstance(extractor, WhisperFeatureExtractor) else Wav2Vec2Graph
    graph: WhisperGraph | Wav2Vec2Graph = kind(model, extractor, highest)
    return graph


class WhisperGraph(nn.Module):
    """The layers of a Whisper encoder in windows of 30 s, of which long utterances have several.

    Args:
        encoder: transformers' encoder.
        extractor: its preprocessing, whose log-mel spectrogram is computed here.
        highest: the last layer to compute; 0 is the convolutional stem.
    """

    filters: Tensor
    waves: Tensor

    def __init__(self, encoder: Any, extractor: Any, highest: int) -> None:
        super().__init__()
        self.network = WhisperNetwork(encoder, extractor, highest)
        self.stem = nn.ModuleList([encoder.conv1, encoder.conv2])
        self.frames = encoder.config.max_source_positions
        self.size, self.step = self.frames * WHISPER_HOP, extractor.hop_length
        self.register_buffer("filters", self.network.spectrogram.filters)
        self.register_buffer("waves", _fourier(extractor.n_fft))
        del self.network.stem, self.network.spectrogram

    def forward(self, waveforms: Tensor, samples: Tensor) -> tuple[list[Tensor], Frames]:
        """Return the layers, each (utterances, frames, dim), and which frames are real.

        Args:
            waveforms: (utterances, samples), zero after each end.
            samples: (utterances,) how many each has.
        """
        count, length = waveforms.shape
        windows = (length + self.size - 1) // self.size
        audio = F.pad(waveforms, (0, windows * self.size - length)).reshape(-1, self.size)
        hidden = self._log_mel(audio)
        for convolution in self.stem:
            hidden = F.gelu(convolution(hidden))
        layers = self.network._layers(hidden.mT, self.frames, None)
        joined = [layer.reshape(count, windows * self.frames, -1) for layer in layers]
        frames = (samples + WHISPER_HOP - 1) // WHISPER_HOP
        return joined, Frames(frames, windows * self.frames)

    def _log_mel(self, audio: Tensor) -> Tensor:
        """Map (windows, samples) to (windows, bands, steps), as `LogMel` does."""
        bins = len(self.waves) // 2
        edge = self.waves.shape[-1] // 2
        padded = F.pad(audio[:, None], (edge, edge), mode="reflect")
        spectrum = F.conv1d(padded, self.waves, stride=self.step)[..., :-1]
        power = spectrum[:, :bins].square() + spectrum[:, bins:].square()
        mel = torch.log10((self.filters.mT @ power).clamp(min=1e-10))
        loudest = mel.amax((1, 2), keepdim=True)
        return (torch.maximum(mel, loudest - 8.0) + 4.0) / 4.0


def _fourier(size: int) -> Tensor:
    """Return Hann-windowed cosines and sines, (2 · (size / 2 + 1), 1, size): a DFT's real parts."""
    times = torch.arange(size, dtype=torch.float64)
    turns = 2 * math.pi * torch.outer(torch.arange(size // 2 + 1, dtype=torch.float64), times)
    waves = torch.cat([(turns / size).cos(), (turns / size).sin()])
    return (waves * torch.hann_window(size, dtype=torch.float64)).float()[:, None]


class Wav2Vec2Graph(nn.Module):
    """The layers of wav2vec 2.0 and its kin, blind to padding.

    Args:
        model: transformers' encoder.
        extractor: its preprocessing.
        highest: the last layer to compute; 0 is the local encoder.
    """

    def __init__(self, model: Any, extractor: Any, highest: int) -> None:
        super().__init__()
        self.normalised = bool(extractor.do_normalize)
        self.network = Network(model, highest)
        self.local = model.feature_extractor.conv_layers
        self.shapes = [(layer.conv.kernel_size[0], layer.conv.stride[0]) for layer in self.local]
        del self.network.local

    def forward(self, waveforms: Tensor, samples: Tensor) -> tuple[list[Tensor], Frames]:
        """Return the layers, each (utterances, frames, dim), and which frames are real.

        Args:
            waveforms: (utterances, samples), zero after each end.
            samples: (utterances,) how many each has.
        """
        if self.normalised:
            waveforms = _normalise(waveforms, samples)
        hidden = self._first(waveforms[:, None], _after(samples, self.shapes[:1]))
        for convolution in list(self.local)[1:]:
            hidden = convolution(hidden)
        frames = Frames(_after(samples, self.shapes), hidden.shape[2])
        return list(self._layers(hidden.mT, frames)), frames

    def _layers(self, hidden: Tensor, frames: Any) -> list[Tensor]:
        """Return the layers of the convolutions' output, as `Network.forward` does."""
        network = self.network
        projected = network.projection(hidden)
        hidden = projected if isinstance(projected, Tensor) else projected[0]
        layers = [hidden := frames.clear(hidden)]
        if not network.blocks:
            return layers
        hidden = hidden + network.position(hidden, frames)
        if not network.pre_norm:
            hidden = network.norm(hidden)
        bias = None if network.bias is None else network.bias(frames.longest)
        for number, block in enumerate(network.blocks, 1):
            hidden = block(hidden, frames, bias)
            last = network.pre_norm and number == network.depth
            layers.append(network.norm(hidden) if last else hidden)
        return layers

    def _first(self, waveforms: Tensor, counts: Tensor) -> Tensor:
        """Return the first convolution's output; a norm over time is taken over real steps."""
        layer = self.local[0]
        norm: Any = getattr(layer, "layer_norm", None)
        if not isinstance(norm, nn.GroupNorm):
            return layer(waveforms)  # type: ignore[no-any-return]
        hidden = layer.conv(waveforms)
        mean, variance = _moments(hidden, counts)
        hidden = (hidden - mean) / torch.sqrt(variance + norm.eps)
        return layer.activation(  # type: ignore[no-any-return]
            hidden * norm.weight[:, None] + norm.bias[:, None]
        )


def _after(samples: Tensor, shapes: Sequence[tuple[int, int]]) -> Tensor:
    """Return how many steps convolutions of these kernels and strides leave of samples."""
    for kernel, stride in shapes:
        samples = (samples - kernel) // stride + 1
    return samples


def _moments(values: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance over the first steps of (utterances, channels, steps)."""
    real = (torch.arange(values.shape[2], device=values.device) < counts[:, None])[:, None]
    counts = counts[:, None, None].to(values.dtype)
    mean = values.masked_fill(~real, 0.0).sum(2, keepdim=True) / counts
    squares = (values - mean).square().masked_fill(~real, 0.0).sum(2, keepdim=True)
    return mean, squares / counts


def _normalise(waveforms: Tensor, samples: Tensor) -> Tensor:
    """Give each waveform zero mean and unit variance, as transformers' preprocessing does."""
    mean, variance = _moments(waveforms[:, None], samples)
    normalised = (waveforms - mean[:, 0]) / torch.sqrt(variance[:, 0] + 1e-7)
    real = torch.arange(waveforms.shape[1], device=waveforms.device) < samples[:, None]
    return normalised.masked_fill(~real, 0.0)
