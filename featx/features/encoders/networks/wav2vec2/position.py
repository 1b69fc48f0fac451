"""The positional convolution, one or several in a row."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.lengths import Lengths
from featx.features.encoders.networks.linear import in_place


class PositionalConvolution(nn.Module):
    """What transformers adds to the local encoder's output, blind to padding.

    Args:
        embedding: transformers' positional embedding; data2vec-audio's has `layers`.
    """

    def __init__(self, embedding: Any) -> None:
        super().__init__()
        parts = getattr(embedding, "layers", [embedding])
        self.layers = nn.ModuleList(_Layer(part) for part in parts)

    def forward(self, hidden: Tensor, lengths: Lengths) -> Tensor:
        """Return the embedding of (rows, frames of a row, dim), in the same shape."""
        if lengths.apart:
            return torch.cat([self._embed(hidden[:, own], lengths) for _, own in lengths.places], 1)
        return self._embed(hidden, lengths)

    def _embed(self, hidden: Tensor, lengths: Lengths) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden, lengths)
        return hidden


class _Layer(nn.Module):
    def __init__(self, part: Any) -> None:
        super().__init__()
        conv = part.conv
        # read once: transformers computes it from its weight norm at every call
        weight = conv.weight.detach()[:, :, None].to(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias, self.groups, self.padding = conv.bias, conv.groups, conv.padding[0]
        self.batch_norm = getattr(part, "batch_norm", None)
        self.layer_norm = getattr(part, "layer_norm", None)
        self.activation = in_place(part.activation)

    def forward(self, hidden: Tensor, lengths: Lengths) -> Tensor:
        if self.batch_norm is not None:
            hidden = self.batch_norm(hidden.mT).mT
        frames = hidden.shape[1]
        # as an image of one row, whose channels-last layout is the one the frames have
        image = lengths.clear(hidden).contiguous()[:, None].permute(0, 3, 1, 2)
        image = F.conv2d(
            image, self.weight, self.bias, padding=(0, self.padding), groups=self.groups
        )
        hidden = image.permute(0, 2, 3, 1)[:, 0, :frames]  # an even kernel gives one frame more
        return self.activation(hidden if self.layer_norm is None else self.layer_norm(hidden))
