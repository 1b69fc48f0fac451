"""The learned weighted average of an encoder's layers."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from classifiers import kernels
from classifiers.batch import Input
from classifiers.dropout import KEEP, Drop, dropout

Weighting = Literal["absolute", "softmax"]


class LayerAverage(nn.Module):
    """Average layers with learned weights that are not negative and add up to one.

    "absolute" is |w_l| over the sum of |w_l|, as in the published code of Pepino et al. 2021,
    "Emotion Recognition from Speech Using wav2vec 2.0 Embeddings" (Interspeech), eq. 1, where all
    weights are one at the start. "softmax" is exp(w_l) over the sum of exp(w_l), as in SUPERB
    (Yang et al. 2021), beginning at zero. Both begin as the plain mean. Standardising is done at
    once with averaging, so no standardised copy of the features is made.

    Args:
        layers: how many there are.
        weighting: how parameters become weights.
    """

    def __init__(self, layers: int, weighting: Weighting = "absolute") -> None:
        super().__init__()
        begin = torch.ones(layers) if weighting == "absolute" else torch.zeros(layers)
        self.raw = nn.Parameter(begin, requires_grad=layers > 1)
        self.weighting = weighting

    @property
    def weights(self) -> Tensor:
        """(layers,), not negative, adding up to one."""
        if self.weighting == "softmax":
            return self.raw.softmax(0)
        return self.raw.abs() / self.raw.abs().sum()

    def forward(self, given: Input, drop: Drop = KEEP) -> Tensor:
        """Average over layers.

        Args:
            given: features, float16 or float32, and what to standardise them by.
            drop: what becomes of the average, on the way.

        Returns:
            (frames, dim) float32, the utterances' frames one after another.
        """
        shape = (len(given.features), -1, given.features[0].shape[2])
        scale = self.weights[:, None].expand(shape)
        start = scale.new_zeros(shape[0], shape[2])
        if given.mean is not None and given.deviation is not None:
            # sum of w (x - mean) / deviation = sum of scale x + start
            scale = scale / given.deviation
            start = -(scale * given.mean).sum(1)
        if kernels.can_take(given.features[0]):
            return _ScaledSum.apply(drop, scale, start, *given.features)  # type: ignore[no-any-return]
        return dropout(written_out(scale, start, given.features), drop)


def written_out(scale: Tensor, start: Tensor, features: Sequence[Tensor]) -> Tensor:
    """Return start plus the sum over layers of scale times features, in torch's own operations.

    Args:
        scale: (utterances, layers, dim).
        start: (utterances, dim).
        features: for each utterance (layers, frames, dim).

    Returns:
        (frames, dim), the utterances' frames one after another.
    """
    lengths = torch.tensor([part.shape[1] for part in features], device=start.device)
    frames = start.repeat_interleave(lengths, 0)
    for layer, values in enumerate(torch.cat(tuple(features), 1).unbind()):
        frames = frames + values.to(start.dtype) * scale[:, layer].repeat_interleave(lengths, 0)
    return frames


class _ScaledSum(torch.autograd.Function):
    """`written_out` and dropout on a processor: reading each stored value once, forth and back."""

    @staticmethod
    def forward(ctx: Any, drop: Drop, scale: Tensor, start: Tensor, *features: Tensor) -> Tensor:
        ctx.drop, ctx.features = drop, features
        frames = torch.empty(sum(part.shape[1] for part in features), scale.shape[2])
        scales, starts = scale.contiguous().numpy(), start.contiguous().numpy()
        for part, factors, begin, first, rows in zip(
            features, scales, starts, *_rows(features, frames), strict=True
        ):
            kernels.scaled_sum(*kernels.flat(part.numpy()), factors, begin, first, *drop, rows)
        return frames

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        none = [None] * len(ctx.features)
        if not ctx.needs_input_grad[1]:
            return None, None, None, *none
        layers, _, dim = ctx.features[0].shape
        slopes = torch.empty(len(ctx.features), layers, dim)
        starts = torch.empty(len(ctx.features), dim)
        for part, first, rows, slope, start in zip(
            ctx.features, *_rows(ctx.features, gradients[0].contiguous()),
            slopes.numpy(), starts.numpy(), strict=True,
        ):  # fmt: skip
            kernels.scaled_sum_slopes(
                *kernels.flat(part.numpy()), rows, first, *ctx.drop, slope, start
            )
        return None, slopes, starts, *none


def _rows(features: Sequence[Tensor], frames: Tensor) -> tuple[list[int], list[np.ndarray]]:
    """Return the place of each utterance's first frame among all, and its frames."""
    ends = np.cumsum([part.shape[1] for part in features])
    return [0, *ends[:-1].tolist()], np.split(frames.numpy(), ends[:-1])
