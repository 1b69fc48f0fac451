"""The layers of Whisper's encoder, computed for the frames of the utterance and no others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.linear import Linear
from featx.features.encoders.log_mel import LogMel
from featx.features.encoders.whisper_parts import StemConvolution, WhisperBlock

AT_ONCE = 16  # windows on a GPU; on a processor one, whose activations stay in its caches
EDGE = 4  # frames after an utterance's end of which some see its sound, and before the window's end


@dataclass(frozen=True)
class Window:
    """A stretch of an utterance that the encoder sees at once.

    Attributes:
        utterance: the utterance's place in the batch.
        start: the first of its frames in the window.
        frames: how many of its frames the window has; the rest is silence.
    """

    utterance: int
    start: int
    frames: int


class WhisperNetwork(nn.Module):
    """The layers of a Whisper encoder, up to the highest one asked for.

    As it was trained, Whisper sees windows of 30 s that are filled up with silence, to which its
    frames attend: no window depends on what else is in the batch. An utterance that is longer is
    seen in consecutive windows. It takes over the weights of transformers' encoder.

    Args:
        encoder: transformers' encoder.
        extractor: its preprocessing, whose log-mel spectrogram is computed here.
        highest: the last layer to compute; 0 is the convolutional stem.
    """

    positions: Tensor

    def __init__(self, encoder: Any, extractor: Any, highest: int) -> None:
        super().__init__()
        self.spectrogram = LogMel(extractor)
        activation = nn.GELU()
        self.stem = nn.Sequential(
            StemConvolution(encoder.conv1, activation), StemConvolution(encoder.conv2, activation)
        )
        self.hop: int = extractor.hop_length * encoder.conv1.stride[0] * encoder.conv2.stride[0]
        self.register_buffer("positions", encoder.embed_positions.weight.detach())
        self.blocks = nn.ModuleList(WhisperBlock(layer) for layer in encoder.layers[:highest])
        self.norm, self.depth = encoder.layer_norm, len(encoder.layers)
        self.at_once = 1
        self.eval().requires_grad_(False)

    def prepare(self, device: torch.device, dtype: torch.dtype) -> "WhisperNetwork":
        """Move to a device, and compute the blocks' products in this type."""
        self.to(device)
        self.at_once = 1 if device.type == "cpu" else AT_ONCE
        self.blocks.to(dtype)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.float()  # the residual stream stays in float32: its values range widely
            if isinstance(module, Linear):
                module.pack()
        return self

    def forward(
        self, waveforms: Tensor, samples: Sequence[int], frames: Sequence[int]
    ) -> Iterator[Tensor]:
        """Yield layer after layer, each (utterances, longest, dim).

        Layer 0 is the output of the convolutional stem plus positions, the input of block 1.
        Layers 1 to N-1 are the outputs of the transformer blocks, layer N the encoder's output
        after its final layer norm. What is after an utterance's frames is arbitrary.

        Args:
            waveforms: (utterances, samples) float32, zero after each end.
            samples: how many samples each utterance has.
            frames: how many frames each utterance has, at least 1.
        """
        longest, dim = max(frames), self.positions.shape[1]
        shape = len(self.blocks) + 1, len(frames), longest, dim
        layers = torch.empty(shape, dtype=torch.float32, device=waveforms.device)
        windows = self._windows(frames)
        for first in range(0, len(windows), self.at_once):
            group = windows[first : first + self.at_once]
            audio = torch.stack([self._cut(waveforms, window) for window in group])
            real = max(window.frames for window in group)
            for layer, hidden in zip(layers, self._layers(audio, real), strict=True):
                for window, own in zip(group, hidden, strict=True):
                    end = window.start + window.frames
                    layer[window.utterance, window.start : end] = own[: window.frames]
        yield from layers

    def _windows(self, frames: Sequence[int]) -> list[Window]:
        size = len(self.positions)
        return [
            Window(utterance, start, min(size, count - start))
            for utterance, count in enumerate(frames)
            for start in range(0, count, size)
        ]

    def _cut(self, waveforms: Tensor, window: Window) -> Tensor:
        """Return the samples of a window, filled up with silence."""
        size, start = len(self.positions) * self.hop, window.start * self.hop
        audio = waveforms[window.utterance, start : start + window.frames * self.hop]
        return F.pad(audio, (0, size - len(audio)))

    def _layers(self, audio: Tensor, real: int) -> Iterator[Tensor]:
        """Yield the layers of windows, each (windows, `real` frames or more, dim)."""
        hidden = self._encode(audio, real) + self.positions
        yield hidden
        for number, block in enumerate(self.blocks, 1):
            # of the last block's frames nobody asks for those of silence
            asked = real if number == len(self.blocks) else hidden.shape[1]
            hidden = block(hidden, asked)
            yield self.norm(hidden) if number == self.depth else hidden

    def _encode(self, audio: Tensor, real: int) -> Tensor:
        """Return the stem's output of windows that are silent after `real` frames.

        All frames of silence are alike, but for those near sound and at the window's end: it is
        enough to compute a window with fewer of them, and to repeat one.
        """
        whole = len(self.positions)
        frames = min(whole, real + 2 * EDGE)
        hidden: Tensor = self.stem(self.spectrogram(audio[:, : frames * self.hop]))
        sound, end = hidden.split([frames - EDGE, EDGE], 1)
        silence = sound[:, -1:].expand(-1, whole - frames, -1)
        return torch.cat([sound, silence, end], 1)
