"""The parts of Whisper's encoder: the stem's convolutions, and transformer blocks."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.linear import Linear, take_over

QUERIES = 500  # at a time in half precision on a processor, whose caches then hold the products


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
        hidden = hidden[:, :asked] + self.output(mixed.transpose(1, 2).flatten(2))
        hidden = hidden + self.feed_forward(self.feed_forward_norm(hidden).to(dtype))
        return hidden


def attend(query: Tensor, key: Tensor, value: Tensor, unseen: Tensor | None = None) -> Tensor:
    """Return the values of all frames, weighted by how much each query's frame attends to them.

    In half precision on a processor, this is done a piece at a time: torch's own attention takes
    half as long again.

    Args:
        query: (windows, heads, queries, head dim), scaled.
        key: (windows, heads, frames, head dim).
        value: (windows, heads, frames, head dim).
        unseen: (windows, 1, 1, frames), added to scores: -inf where a frame is not to be seen.

    Returns:
        (windows, heads, queries, head dim).
    """
    if query.dtype is torch.float32 or query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, unseen, scale=1.0)
    windows, heads, queries, dim = query.shape
    mixed = query.new_empty(windows, queries, heads, dim)  # as the next product takes it
    for window in range(windows):
        for head in range(heads):
            keys, values = key[window, head].mT, value[window, head]
            for start in range(0, queries, QUERIES):
                piece = query[window, head, start : start + QUERIES]
                scores = piece @ keys
                if unseen is not None:
                    scores += unseen[window, 0]
                mixed[window, start : start + QUERIES, head] = scores.softmax(-1) @ values
    return mixed.transpose(1, 2)
