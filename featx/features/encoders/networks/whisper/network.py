"""The layers of Whisper's encoder, computed for the frames of the utterance and no others."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from featx.features.encoders.networks.lengths import Place, padded, padding_step, round_up
from featx.features.encoders.networks.linear import Linear
from featx.features.encoders.networks.whisper.log_mel import LogMel
from featx.features.encoders.networks.whisper.parts import StemConvolution, WhisperBlock
from featx.features.encoders.networks.whisper.windows import Window, at_once, divide

EDGE = 4  # frames after an utterance's end of which some see its sound, and before the window's end


class WhisperNetwork(nn.Module):
    """The layers of a Whisper encoder, up to the highest one asked for.

    As it was trained, Whisper sees windows of 30 s that are filled up with silence, to which its
    frames attend. A short window ends with the utterance's last frame: what an encoder computes
    whose positions are cut off there. No window depends on what else is in the batch. An utterance
    of more than 30 s is seen in consecutive windows, of which the last may be short. It takes over
    the weights of transformers' encoder.

    These differ at a short window's end. Only the last frame, if it is not full, is filled up with
    silence. The spectrogram's last step sees 40 samples mirrored at the end, where it would see
    silence. The stem's first convolution sees zeros after the end, which in a spectrogram is not
    silence but a middling loudness. As in a window of 30 s, bands more than 8 powers of ten below
    the loudest of the window are raised to that; the loudest can only change if it is at the end.

    Args:
        encoder: transformers' encoder.
        extractor: its preprocessing, whose log-mel spectrogram is computed here.
        highest: the last layer to compute; 0 is the convolutional stem.
        short: whether windows are short.
    """

    positions: Tensor

    def __init__(self, encoder: Any, extractor: Any, highest: int, short: bool = False) -> None:
        super().__init__()
        self.short = short
        self.spectrogram = LogMel(extractor)
        activation = nn.GELU()
        self.stem = nn.Sequential(
            StemConvolution(encoder.conv1, activation), StemConvolution(encoder.conv2, activation)
        )
        self.hop: int = extractor.hop_length * encoder.conv1.stride[0] * encoder.conv2.stride[0]
        self.register_buffer("positions", encoder.embed_positions.weight.detach())
        self.blocks = nn.ModuleList(WhisperBlock(layer) for layer in encoder.layers[:highest])
        self.norm, self.depth = encoder.layer_norm, len(encoder.layers)
        self.at_once, self.step = 1, 1
        self.eval().requires_grad_(False)

    def prepare(self, device: torch.device, dtype: torch.dtype) -> "WhisperNetwork":
        """Move to a device, and compute the blocks' products in this type."""
        self.to(device)
        self.at_once = at_once(device)
        self.step = padding_step(dtype)
        self.blocks.to(dtype)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.float()  # the residual stream stays in float32: its values range widely
            if isinstance(module, Linear):
                module.pack()
        return self

    def places(self, frames: Sequence[int]) -> list[Place]:
        """Return where the frames of utterances are in a layer."""
        return padded(frames)

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
        windows = divide(frames, len(self.positions))
        for first in range(0, len(windows), self.at_once):
            group = windows[first : first + self.at_once]
            read = self._read_short if self.short else self._read
            for layer, hidden in zip(layers, self._layers(*read(waveforms, group)), strict=True):
                for window, own in zip(group, hidden, strict=True):
                    end = window.start + window.frames
                    layer[window.utterance, window.start : end] = own[: window.frames]
        yield from layers

    def _read(self, waveforms: Tensor, group: Sequence[Window]) -> tuple[Tensor, int, None]:
        """Return the stem's output of whole windows, silence and all, and what `_layers` takes.

        All frames of silence are alike, but for those near sound and at the window's end: it is
        enough to compute a window with fewer of them, and to repeat one.
        """
        real, whole = max(window.frames for window in group), len(self.positions)
        frames = min(whole, real + 2 * EDGE)
        audio = torch.stack([window.cut(waveforms, frames, self.hop) for window in group])
        sound, end = self.stem(self.spectrogram(audio)).split([frames - EDGE, EDGE], 1)
        silence = sound[:, -1:].expand(-1, whole - frames, -1)
        return torch.cat([sound, silence, end], 1), real, None

    def _read_short(
        self, waveforms: Tensor, group: Sequence[Window]
    ) -> tuple[Tensor, int, Tensor | None]:
        """Return the stem's output of short windows, padded, and what `_layers` takes.

        The padding needs no mask here. A frame begins at every second step of the spectrogram and
        sees two steps to either side. Of those after its window's end the last frame sees a single
        step, which is 0 as if the window were alone.
        """
        counts = [window.frames for window in group]
        spectrograms = [
            self.spectrogram(window.cut(waveforms, window.frames, self.hop)[None])[0]
            for window in group
        ]
        steps = pad_sequence(spectrograms, batch_first=True)
        real = max(counts)
        # in half precision shapes are to recur: oneDNN generates code for each
        frames = min(len(self.positions), round_up(real, self.step))
        hidden = self.stem(F.pad(steps, (0, 0, 0, 2 * frames - steps.shape[1])))
        return hidden, real, self._unseen(counts, frames)

    def _unseen(self, counts: Sequence[int], frames: int) -> Tensor | None:
        """Return what to add to attention's scores: (windows, 1, 1, frames), -inf for padding.

        None if no window is padded.
        """
        if min(counts) == frames:
            return None
        ends = torch.tensor(counts, device=self.positions.device)[:, None]
        padding = torch.arange(frames, device=self.positions.device) >= ends
        added = torch.zeros(padding.shape, device=padding.device).masked_fill(padding, -torch.inf)
        return added[:, None, None]

    def _layers(self, hidden: Tensor, real: int, unseen: Tensor | None) -> Iterator[Tensor]:
        """Yield the layers of windows, each (windows, `real` frames or more, dim).

        Args:
            hidden: (windows, frames, dim), the stem's output.
            real: the frames of the window with most.
            unseen: what to add to attention's scores; None if every frame sees every other.
        """
        hidden = hidden + self.positions[: hidden.shape[1]]
        yield hidden
        for number, block in enumerate(self.blocks, 1):
            # of the last block's frames nobody asks for those of silence
            asked = real if number == len(self.blocks) else hidden.shape[1]
            hidden = block(hidden, asked, unseen)
            yield self.norm(hidden) if number == self.depth else hidden
