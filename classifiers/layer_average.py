"""The learned weighted average of an encoder's layers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from classifiers.statistics import Statistics


class LayerAverage(nn.Module):
    """Average layers with learned weights: sum of |w_l| x_l over sum of |w_l|.

    As in the published code of Pepino et al. 2021, "Emotion Recognition from Speech Using
    wav2vec 2.0 Embeddings" (Interspeech), eq. 1; all weights are one at the start, so training
    begins with the plain mean. With statistics, x_l is standardised first; both are done at
    once, so no standardised copy of the features is made.

    Args:
        layers: how many there are.
        dim: features of each.
        statistics: mean and deviation to standardise by; None to leave features as they are.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, layers: int, dim: int, statistics: Statistics | None = None) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.ones(layers))
        unchanged = Statistics(torch.zeros(layers, dim), torch.ones(layers, dim))
        self.register_buffer("mean", (statistics or unchanged).mean)
        self.register_buffer("deviation", (statistics or unchanged).deviation)

    @property
    def weights(self) -> Tensor:
        """(layers,), not negative, adding up to one."""
        return self.raw.abs() / self.raw.abs().sum()

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Average over layers.

        Args:
            features: for each utterance (layers, frames, dim), of any float type.

        Returns:
            (frames, dim) of the parameters' type, the utterances' frames one after another.
        """
        # sum of w (x - mean) / deviation = sum of scale x - offset
        scale = self.weights[:, None] / self.deviation
        offset = (scale * self.mean).sum(0)
        frames: Tensor = _ScaledSum.apply(scale, *features)
        return frames - offset


class _ScaledSum(torch.autograd.Function):
    """Sum over layers of scale (layers, dim) times x_l, utterance by utterance.

    An utterance's layers fit the processor's cache where a batch's do not, and autograd would
    keep every batch in float.
    """

    @staticmethod
    def forward(ctx: Any, scale: Tensor, *features: Tensor) -> Tensor:
        ctx.features = features
        lengths = [part.shape[1] for part in features]
        frames = scale.new_zeros(sum(lengths), scale.shape[1])
        for part, rows in zip(features, frames.split(lengths), strict=True):
            for values, factors in zip(part, scale, strict=True):
                rows.addcmul_(values.to(rows.dtype), factors)
        return frames

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        lengths = [part.shape[1] for part in ctx.features]
        slopes = torch.zeros_like(ctx.features[0][:, 0], dtype=gradient.dtype)
        for part, rows in zip(ctx.features, gradient.split(lengths), strict=True):
            slopes += part.to(rows.dtype, copy=True).mul_(rows).sum(1)
        return slopes, *[None] * len(ctx.features)
