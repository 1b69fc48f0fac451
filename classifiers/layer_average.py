"""The learned weighted average of an encoder's layers."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from classifiers import kernels
from classifiers.batch import Input
from classifiers.choices import Weighting
from classifiers.dropout import KEEP, Drop, dropout
from classifiers.head import Head


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
        layers, _, dim = given.features[0].shape
        shape = (len(given.features), layers, dim)
        scale, mean = self.weights[:, None].expand(shape), given.mean
        if given.deviation is not None:
            scale = scale / given.deviation  # of w (x - mean) / deviation
        if mean is None:
            mean = scale.new_zeros(1, 1, 1).expand(shape)
        if kernels.can_take(given.features[0]):
            averaged: Tensor = _ScaledSum.apply(drop, mean, scale, *given.features)
        else:
            averaged = dropout(written_out(mean, scale, given.features), drop)
        return averaged if given.mask is None else averaged * given.mask


def averages_of(head: Head) -> list[LayerAverage]:
    """Return the learned average of each store; none if the head gives every layer weights."""
    return list(cast(Iterable[LayerAverage], head.layer_averages))


def written_out(mean: Tensor, scale: Tensor, features: Sequence[Tensor]) -> Tensor:
    """Return the sum over layers of scale times (features - mean), in torch's own operations.

    Args:
        mean: (utterances, layers, dim).
        scale: (utterances, layers, dim).
        features: the features of each utterance, (layers, frames, dim).

    Returns:
        (frames, dim), the utterances' frames one after another.
    """
    summed = [
        ((values.to(factors.dtype) - centre[:, None]) * factors[:, None]).sum(0)
        for values, centre, factors in zip(features, mean, scale, strict=True)
    ]
    return torch.cat(summed)


class _ScaledSum(torch.autograd.Function):
    """`written_out` and dropout on a processor: reading each stored value once, forth and back."""

    @staticmethod
    def forward(ctx: Any, drop: Drop, mean: Tensor, scale: Tensor, *features: Tensor) -> Tensor:
        ctx.drop, ctx.mean, ctx.features = drop, mean.contiguous().numpy(), features
        frames = torch.empty(sum(part.shape[1] for part in features), scale.shape[2])
        scales = scale.contiguous().numpy()
        placed = _place(features, frames)
        for part, place, centre, factors in zip(features, placed, ctx.mean, scales, strict=True):
            values, apart = kernels.flat(part.numpy())
            kernels.scaled_sum(
                values, apart, centre, factors,
                place.first, drop.seed, drop.threshold, drop.gain, place.frames,
            )  # fmt: skip
        return frames

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        none = [None] * len(ctx.features)
        if not ctx.needs_input_grad[2]:
            return None, None, None, *none
        drop, slopes = ctx.drop, torch.empty(ctx.mean.shape)
        placed = _place(ctx.features, gradients[0].contiguous())
        for part, place, centre, slope in zip(
            ctx.features, placed, ctx.mean, slopes.numpy(), strict=True
        ):
            values, apart = kernels.flat(part.numpy())
            kernels.scaled_sum_slopes(
                values, apart, centre, place.frames,
                place.first, drop.seed, drop.threshold, drop.gain, slope,
            )  # fmt: skip
        return None, None, slopes, *none


class _Place(NamedTuple):
    """Where an utterance's frames are among those of a part.

    Attributes:
        first: number of its first frame.
        frames: (frames, dim), its own.
    """

    first: int
    frames: np.ndarray


def _place(features: Sequence[Tensor], frames: Tensor) -> list[_Place]:
    """Return where the frames of each utterance are."""
    ends = np.cumsum([part.shape[1] for part in features])
    firsts = [0, *ends[:-1].tolist()]
    return list(map(_Place, firsts, np.split(frames.numpy(), ends[:-1])))
