"""The layers of Whisper's encoder, computed for the frames of the utterance and no others."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.linear import Linear
from featx.features.encoders.spectrogram import LogMel
from featx.features.encoders.windows import at_once, divide

QUERIES = 500  # at a time in half precision on a processor, to stay in its caches
EDGE = 4  # frames after an utterance's end of which some see its sound, and before the window's end


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
        self.at_once = at_once(device)
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
        size = len(self.positions)
        windows = divide(frames, size)
        for first in range(0, len(windows), self.at_once):
            group = windows[first : first + self.at_once]
            audio = torch.stack([window.cut(waveforms, size, self.hop) for window in group])
            real = max(window.frames for window in group)
            for layer, hidden in zip(layers, self._layers(audio, real), strict=True):
                for window, own in zip(group, hidden, strict=True):
                    end = window.start + window.frames
                    layer[window.utterance, window.start : end] = own[: window.frames]
        yield from layers

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


class StemConvolution(nn.Module):
    """A convolution that keeps the length, or divides it by its stride, as a matrix product.

    Args:
        conv: torch's convolution.
        activation: what is applied to its output.
    """

    def __init__(self, conv: Any, activation: nn.Module) -> None:
        super().__init__()
        self.kernel, self.stride = conv.kernel_size[0], conv.stride[0]
        self.padding = self.kernel // 2
        self.linear = Linear(conv.weight.transpose(1, 2).flatten(1), conv.bias, activation)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (windows, steps, in) to (windows, steps out, out)."""
        padded = F.pad(hidden, (0, 0, self.padding, self.padding))
        seen = padded.unfold(1, self.kernel, self.stride).transpose(-1, -2).flatten(2)
        output: Tensor = self.linear(seen)
        return output


class WhisperBlock(nn.Module):
    """A transformer block.

    Args:
        layer: transformers' block.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        attention = layer.self_attn
        self.heads, self.dim = attention.num_heads, attention.embed_dim
        scale = (self.dim // self.heads) ** -0.5  # of the products of queries and keys
        self.query = Linear(scale * attention.q_proj.weight, scale * attention.q_proj.bias)
        no_bias = torch.zeros(self.dim)
        self.keys_values = Linear(
            torch.cat([attention.k_proj.weight, attention.v_proj.weight]),
            torch.cat([no_bias, attention.v_proj.bias]),
        )
        self.output = Linear(attention.out_proj.weight, attention.out_proj.bias)
        self.attention_norm = layer.self_attn_layer_norm
        self.feed_forward = nn.Sequential(
            Linear(layer.fc1.weight, layer.fc1.bias, layer.activation_fn),
            Linear(layer.fc2.weight, layer.fc2.bias),
        )
        self.feed_forward_norm = layer.final_layer_norm

    def forward(self, hidden: Tensor, asked: int) -> Tensor:
        """Map (windows, frames, dim) to (windows, asked, dim): the first frames alone."""
        dtype = self.query.bias.dtype  # that of products, not of what is added up
        normed = self.attention_norm(hidden).to(dtype)
        query = self.query(normed[:, :asked]).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        keys_values = self.keys_values(normed).unflatten(-1, (2, self.heads, -1))
        key, value = keys_values.permute(2, 0, 3, 1, 4)
        mixed = attend(query, key, value)
        hidden = hidden[:, :asked] + self.output(mixed.transpose(1, 2).flatten(2))
        hidden = hidden + self.feed_forward(self.feed_forward_norm(hidden).to(dtype))
        return hidden


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return the values of all frames, weighted by how much each query's frame attends to them.

    In half precision on a processor, this is done a piece at a time: torch's own attention takes
    half as long again.

    Args:
        query: (windows, heads, queries, head dim), scaled.
        key: (windows, heads, frames, head dim).
        value: (windows, heads, frames, head dim).

    Returns:
        (windows, heads, queries, head dim).
    """
    if query.dtype is torch.float32 or query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, scale=1.0)
    windows, heads, queries, dim = query.shape
    mixed = query.new_empty(windows, queries, heads, dim)  # as the next product takes it
    for window in range(windows):
        for head in range(heads):
            keys, values = key[window, head].mT, value[window, head]
            for start in range(0, queries, QUERIES):
                piece = query[window, head, start : start + QUERIES]
                mixed[window, start : start + QUERIES, head] = (piece @ keys).softmax(-1) @ values
    return mixed.transpose(1, 2)
