"""The parts of Whisper's encoder: the stem's convolutions, and transformer blocks."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.dot_product_attention import attend
from featx.features.encoders.networks.linear import Linear, take_over


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
        self.output = take_over(attention.out_proj)
        self.attention_norm = layer.self_attn_layer_norm
        self.feed_forward = nn.Sequential(
            Linear(layer.fc1.weight, layer.fc1.bias, layer.activation_fn),
            take_over(layer.fc2),
        )
        self.feed_forward_norm = layer.final_layer_norm

    def forward(self, hidden: Tensor, asked: int, unseen: Tensor | None = None) -> Tensor:
        """Map (windows, frames, dim) to (windows, asked, dim): the first frames alone.

        `unseen` is what `attend` adds to scores.
        """
        dtype = self.query.bias.dtype  # that of products, not of what is added up
        normed = self.attention_norm(hidden).to(dtype)
        query = self.query(normed[:, :asked]).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        keys_values = self.keys_values(normed).unflatten(-1, (2, self.heads, -1))
        key, value = keys_values.permute(2, 0, 3, 1, 4)
        mixed = attend(query, key, value, None if unseen is None else unseen.to(dtype))
        hidden = hidden[:, :asked] + self.output(mixed)
        hidden = hidden + self.feed_forward(self.feed_forward_norm(hidden).to(dtype))
        return hidden
