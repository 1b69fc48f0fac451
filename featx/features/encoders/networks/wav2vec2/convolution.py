"""Strided convolutions without padding on (steps, channels), as matrix products."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featx.features.encoders.networks.linear import in_place

ROWS = 1024  # of the first convolution's output at a time


class FirstConvolution(nn.Module):
    """The convolution that reads the samples.

    Some models normalise its output over time (a group norm with one group a channel). The
    mean and variance of a convolution's output follow from the mean and covariance of its
    input windows, so they are taken over an utterance's own windows, whatever the padding,
    and folded into weights of that utterance's own.

    Args:
        layer: transformers' first layer of the feature extractor.
    """

    taps: Tensor
    bias: Tensor

    def __init__(self, layer: Any) -> None:
        super().__init__()
        conv = layer.conv
        self.kernel, self.stride = conv.kernel_size[0], conv.stride[0]
        self.register_buffer("taps", conv.weight[:, 0].T.contiguous())
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias
        self.register_buffer("bias", bias)
        self.norm: Any = getattr(layer, "layer_norm", None)
        self.over_time = isinstance(self.norm, nn.GroupNorm)
        self.activation = in_place(layer.activation)

    def weights(self, waveforms: Tensor, samples: Sequence[int]) -> Tensor:
        """Return each utterance's weights, (utterances, kernel + 1, channels), bias last.

        Args:
            waveforms: (utterances, samples), zero after each end.
            samples: how many samples each utterance has.
        """
        if not self.over_time:
            weights = torch.cat([self.taps, self.bias[None]])
            return weights.expand(len(waveforms), -1, -1)
        mean, covariance = self._moments(waveforms, samples)
        taps = self.taps.double()
        variance = ((covariance @ taps) * taps).sum(1, keepdim=True)
        scale = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        shift = self.norm.bias - mean @ taps * scale  # the convolution's own bias cancels out
        return torch.cat([taps * scale, shift], 1).float()

    def forward(self, waveforms: Tensor, weights: Tensor, dtype: torch.dtype) -> Tensor:
        """Map (utterances, samples) to (utterances, samples // stride, channels) of a type.

        It is computed in float32, some rows after the other, which thus are still in a
        processor's caches when they are normed, activated and rounded.
        """
        windows = F.pad(self._windows(waveforms), (0, 1), value=1.0)
        if windows.device.type != "cpu":
            return self._activated(windows @ weights).to(dtype)
        output = torch.empty(*windows.shape[:2], weights.shape[2], dtype=dtype)
        for rows, filled in zip(windows.split(ROWS, 1), output.split(ROWS, 1), strict=True):
            filled.copy_(self._activated(rows @ weights))
        return output

    def _activated(self, hidden: Tensor) -> Tensor:
        if self.norm is not None and not self.over_time:
            hidden = self.norm(hidden)
        return self.activation(hidden)

    def _windows(self, waveforms: Tensor) -> Tensor:
        padded = F.pad(waveforms, (0, self.kernel - self.stride))
        return padded.unfold(-1, self.kernel, self.stride)

    def _moments(self, waveforms: Tensor, samples: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return mean (utterances, 1, kernel) and covariance of the real windows."""
        windows = self._windows(waveforms).double()
        counts = torch.tensor([(count - self.kernel) // self.stride + 1 for count in samples])
        counts = counts.to(windows.device, non_blocking=True)[:, None, None]
        steps = torch.arange(windows.shape[1], device=windows.device)
        real = steps[:, None] < counts
        mean = (windows * real).sum(1, keepdim=True) / counts
        centred = (windows - mean) * real
        return mean, centred.mT @ centred / counts


class Convolution(nn.Module):
    """A later convolution.

    Its taps are taken in groups of the stride: the inputs of a group lie next to one another
    in memory, so each group is one matrix product on the input as it is, with nothing copied.

    Args:
        layer: transformers' layer of the feature extractor.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        conv = layer.conv
        self.kernel, self.stride = conv.kernel_size[0], conv.stride[0]
        taps = conv.weight.permute(2, 1, 0)  # (kernel, in, out)
        groups = [group.flatten(0, 1).contiguous() for group in taps.split(self.stride)]
        self.groups = nn.ParameterList(groups).requires_grad_(False)
        self.bias = conv.bias
        self.norm = getattr(layer, "layer_norm", None)
        self.activation = in_place(layer.activation)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (steps, in) to (steps out, out)."""
        count = (len(hidden) - self.kernel) // self.stride + 1
        row = self.stride * hidden.shape[1]
        inputs = [
            hidden.as_strided((count, len(group)), (row, 1), hidden.storage_offset() + index * row)
            for index, group in enumerate(self.groups)
        ]
        output = inputs[0] @ self.groups[0]
        for part, group in zip(inputs[1:], self.groups[1:], strict=True):
            output.addmm_(part, group)
        if self.bias is not None:
            output += self.bias
        return self.activation(output if self.norm is None else self.norm(output))
