"""Self-attention over the real frames of each utterance."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.dot_product_attention import attend
from featx.features.encoders.networks.lengths import Lengths, Place
from featx.features.encoders.networks.linear import Linear, take_over


class SelfAttention(nn.Module):
    """transformers' self-attention with query, key and value from one matrix product.

    Args:
        attention: transformers' module; WavLM's has a gate.
    """

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.heads, self.dim = attention.num_heads, attention.embed_dim
        query, key, value = attention.q_proj, attention.k_proj, attention.v_proj
        scale = (self.dim // self.heads) ** -0.5  # of the products of queries and keys
        self.inputs = Linear(
            torch.cat([scale * query.weight, key.weight, value.weight]),
            torch.cat([scale * query.bias, key.bias, value.bias]),
        )
        self.output = take_over(attention.out_proj)
        self.gate = PositionGate(attention) if hasattr(attention, "gru_rel_pos_linear") else None

    def forward(self, hidden: Tensor, lengths: Lengths, bias: Tensor | None) -> Tensor:
        """Let every frame attend to the real frames of its utterance.

        Args:
            hidden: (rows, frames of a row, dim).
            lengths: where each utterance's frames are.
            bias: WavLM's, by relative position, (heads, most frames, most frames).
        """
        inputs = self.inputs(hidden).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        gate = None if self.gate is None else self.gate(hidden)
        if lengths.apart:
            mixed = _attend_apart(inputs, gate, bias, lengths.places)
        else:  # a mask of booleans, which a graph takes too
            mask = lengths.mask
            if gate is not None:
                gated = gate * bias
                mask = gated if mask is None else gated.masked_fill(~mask, -torch.inf)
            query, key, value = inputs
            mixed = F.scaled_dot_product_attention(query, key, value, mask, scale=1.0)
            mixed = mixed.transpose(1, 2).flatten(2)
        output: Tensor = self.output(mixed)
        return output


def _attend_apart(
    inputs: Tensor, gate: Tensor | None, bias: Tensor | None, places: Sequence[Place]
) -> Tensor:
    """Let each utterance's frames attend to one another, an utterance at a time.

    Args:
        inputs: queries, keys and values, (3, 1, heads, frames of all, head dim).
        gate: WavLM's, (1, heads, frames of all, 1).
        bias: WavLM's, (heads, most frames, most frames).
        places: where each utterance's frames are.

    Returns:
        (1, frames of all, dim).
    """
    mixed = []
    for _, own in places:
        added, count = None, own.stop - own.start
        if gate is not None and bias is not None:
            added = gate[:, :, own] * bias[:, :count, :count]
        query, key, value = inputs[:, :, :, own]
        mixed.append(attend(query, key, value, added))
    return torch.cat(mixed, 1)


class PositionBias(nn.Module):
    """WavLM's attention bias by relative position: the first block's, for all blocks.

    Near positions have a value each; farther ones share it, in buckets that widen with the
    logarithm of the distance (Chen et al. 2022, "WavLM", section III-A).
    """

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.values = attention.rel_attn_embed
        self.buckets: int = attention.num_buckets // 2
        self.farthest: int = attention.max_distance

    def forward(self, most: int) -> Tensor:
        """Return (heads, most, most) for utterances of at most so many frames."""
        frames = torch.arange(most, device=self.values.weight.device)
        distances = torch.arange(1 - most, most, device=frames.device)
        values: Tensor = self.values(self._bucket(distances))  # (distances, heads)
        by_pair: Tensor = values[frames - frames[:, None] + most - 1]
        return by_pair.permute(2, 0, 1).contiguous()

    def _bucket(self, distances: Tensor) -> Tensor:
        """Return the row of `values` for each distance."""
        near = self.buckets // 2
        far = torch.log(distances.abs().float() / near) / math.log(self.farthest / near)
        far = (near + far * (self.buckets - near)).long().clamp(max=self.buckets - 1)
        bucket: Tensor = torch.where(distances.abs() < near, distances.abs(), far)
        return bucket + self.buckets * (distances > 0)


class PositionGate(nn.Module):
    """WavLM's gate, by which each frame weighs the bias by relative position.

    Chen et al. (2022), "WavLM", the gated relative position bias of its section III-A.
    """

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.heads = attention.num_heads
        self.linear = attention.gru_rel_pos_linear
        self.scale = attention.gru_rel_pos_const

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (rows, frames of a row, dim) to gates (rows, heads, frames of a row, 1)."""
        by_head = hidden.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        update, reset = self.linear(by_head).unflatten(-1, (2, 4)).sum(-1).sigmoid().unbind(-1)
        gate: Tensor = update * (reset * self.scale[..., 0] - 1) + 2
        return gate[..., None]
