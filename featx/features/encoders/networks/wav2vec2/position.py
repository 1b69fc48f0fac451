"""The positional convolution, one or several in a row."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.lengths import Lengths, padding_step
from featx.features.encoders.networks.linear import in_place, packs


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
        self.packed: Tensor | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the weight in oneDNN's layout, which can't be copied and is made again."""
        return {**self.__dict__, "packed": None}

    def forward(self, hidden: Tensor, lengths: Lengths) -> Tensor:
        if self.batch_norm is not None:
            hidden = self.batch_norm(hidden.mT).mT
        frames = hidden.shape[1]
        if lengths.apart and (spare := -frames % padding_step(hidden.dtype)):
            hidden = F.pad(hidden, (0, 0, 0, spare))
        # as an image of one row, whose channels-last layout is the one the frames have
        image = lengths.clear(hidden).contiguous()[:, None].permute(0, 3, 1, 2)
        image = self._convolve(image, lengths.apart)
        hidden = image.permute(0, 2, 3, 1)[:, 0, :frames]
        return self.activation(hidden if self.layer_norm is None else self.layer_norm(hidden))

    def _convolve(self, image: Tensor, apart: bool) -> Tensor:
        """Map (rows, dim, 1, frames) to the same, a frame more if the kernel is even."""
        padding, ones = [0, self.padding], [1, 1]
        if not (apart and packs(self.weight)):
            return F.conv2d(image, self.weight, self.bias, ones, padding, ones, self.groups)
        way = padding, ones, ones, self.groups  # the stride and the dilation are one
        if (
            self.packed is None
        ):  # at each call it would take up to three quarters of the product's time
            self.packed = torch.ops.mkldnn._reorder_convolution_weight(self.weight, *way, [])
        convolved: Tensor = torch.ops.mkldnn._convolution_pointwise(
            image, self.packed, self.bias, *way, "none", [], ""
        )
        return convolved
