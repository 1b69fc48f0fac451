"""A speech model's layers, rebuilt so that batches do not change an utterance's features."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from featx.features.encoders.networks.lengths import Lengths, Place, arrange, padding_step
from featx.features.encoders.networks.linear import Linear, take_over
from featx.features.encoders.networks.wav2vec2.attention import PositionBias, SelfAttention
from featx.features.encoders.networks.wav2vec2.local import LocalEncoder
from featx.features.encoders.networks.wav2vec2.position import PositionalConvolution


class Network(nn.Module):
    """The layers of a wav2vec 2.0-like model, up to the highest one asked for.

    It takes over the weights of transformers' model. Whatever looks along time is made blind to
    padding, and all of it is arranged for speed without gradients. `Padding` in
    `featx/finetuning/encoding/padded.py` makes transformers' own layers blind to padding, with
    gradients; `tests/featx/finetuning/encoding/test_padding.py` holds both to the same
    frames.

    Args:
        model: transformers' encoder.
        highest: the last layer to compute; 0 is the local encoder.
    """

    def __init__(self, model: Any, highest: int) -> None:
        super().__init__()
        encoder = model.encoder
        self.pre_norm = type(encoder).__name__.endswith("StableLayerNorm")
        self.depth = len(encoder.layers)
        self.local = LocalEncoder(model.feature_extractor.conv_layers)
        self.projection = model.feature_projection
        self.position = PositionalConvolution(encoder.pos_conv_embed)
        self.norm = encoder.layer_norm
        self.blocks = nn.ModuleList(
            Block(layer, self.pre_norm) for layer in encoder.layers[:highest]
        )
        first = encoder.layers[0].attention
        self.bias = PositionBias(first) if hasattr(first, "rel_attn_embed") else None
        self.apart, self.dtype = True, torch.float32
        self.eval().requires_grad_(False)

    def prepare(self, device: torch.device, dtype: torch.dtype) -> "Network":
        """Move to a device, and compute in this type from the first convolution's output on."""
        self.to(device)
        self.dtype = self.local.dtype = dtype
        self.apart = device.type == "cpu"
        for name, part in self.named_children():
            (self.local.rest if name == "local" else part).to(dtype)
        for module in self.modules():
            if isinstance(module, Linear):
                module.pack()
        return self

    def places(self, frames: Sequence[int]) -> list[Place]:
        """Return where the frames of utterances are in a layer."""
        return arrange(frames, self.apart)

    def forward(
        self, waveforms: Tensor, samples: Sequence[int], frames: Sequence[int]
    ) -> Iterator[Tensor]:
        """Yield layer after layer, each (rows, frames of a row, dim), arranged as `places` says.

        Layer 0 is the local encoder (Pepino et al. 2021): the convolutions' output after the
        feature projection, before the positional convolution. Layers 1 to N-1 are the outputs
        of the transformer blocks, layer N the encoder's output after its final layer norm.
        What is after an utterance's frames is arbitrary.

        Args:
            waveforms: (utterances, samples) float32, zero after each end.
            samples: how many samples each utterance has.
            frames: how many frames each utterance has, at least 1.
        """
        lengths = Lengths(frames, waveforms.device, self.apart, padding_step(self.dtype))
        hidden = _tensor(self.projection(self.local(waveforms, samples, lengths)))
        hidden = lengths.clear(hidden)  # whatever is there could overflow, and taint by 0 × inf
        yield hidden
        if not self.blocks:
            return
        hidden = hidden + self.position(hidden, lengths)
        if not self.pre_norm:
            hidden = self.norm(hidden)
        bias = None if self.bias is None else self.bias(lengths.longest)
        for number, block in enumerate(self.blocks, 1):
            hidden = block(hidden, lengths, bias)
            yield self.norm(hidden) if self.pre_norm and number == self.depth else hidden


class Block(nn.Module):
    """A transformer block, its layer norms after its two parts (post-norm) or before (pre-norm).

    Args:
        layer: transformers' block.
        pre_norm: which of the two.
    """

    def __init__(self, layer: Any, pre_norm: bool) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.attention = SelfAttention(layer.attention)
        self.attention_norm = layer.layer_norm
        dense = layer.feed_forward
        self.feed_forward = nn.Sequential(
            Linear(
                dense.intermediate_dense.weight,
                dense.intermediate_dense.bias,
                dense.intermediate_act_fn,
            ),
            take_over(dense.output_dense),
        )
        self.feed_forward_norm = layer.final_layer_norm
        self.adapter = getattr(layer, "adapter_layer", None)  # of MMS models for one language

    def forward(self, hidden: Tensor, lengths: Lengths, bias: Tensor | None) -> Tensor:
        """Map (rows, frames of a row, dim) to the same."""
        if not self.pre_norm:
            hidden = self.attention_norm(hidden + self.attention(hidden, lengths, bias))
            hidden = self.feed_forward_norm(hidden + self.feed_forward(hidden))
            return hidden
        hidden = hidden + self.attention(self.attention_norm(hidden), lengths, bias)
        hidden = hidden + self.feed_forward(self.feed_forward_norm(hidden))
        return hidden if self.adapter is None else hidden + self.adapter(hidden)


def _tensor(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Return the projection, which some families return with its input."""
    return output if isinstance(output, Tensor) else output[0]
