"""Dropout whose random bits follow from a seed and a position, so that threads don't mix."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from classifiers import kernels

LEVELS = 2**32  # of the random bits; probabilities are rounded to these
_APART = 0x9E3779B9  # between the seeds of layers: 2**32 over the golden ratio


class Drop(NamedTuple):
    """What becomes of the values at a place: a share is set to zero, the others are scaled up.

    Attributes:
        seed: the seed of the random bits.
        threshold: bits below it mean zero.
        gain: the factor on the values that are kept.
    """

    seed: int
    threshold: int
    gain: float


KEEP = Drop(0, 0, 1.0)


def at(layer: int, share: float, noise: int | None) -> Drop:
    """Return the dropout of a layer.

    Args:
        layer: which of a head's; each has bits of its own.
        share: probability of zero.
        noise: seed of the part's random bits; None where nothing is dropped.
    """
    if noise is None or not share:
        return KEEP
    threshold = round(share * LEVELS)
    return Drop((noise + layer * _APART) % LEVELS, threshold, LEVELS / (LEVELS - threshold))


def dropout(frames: Tensor, drop: Drop) -> Tensor:
    """Return (frames, dim) float32 with a share of the values dropped."""
    if drop is KEEP:
        return frames
    if kernels.can_take(frames):
        return _Dropout.apply(frames, drop)  # type: ignore[no-any-return]
    generator = torch.Generator(frames.device).manual_seed(drop.seed)
    bits = torch.empty_like(frames).uniform_(generator=generator)
    return frames * (bits >= drop.threshold / LEVELS) * drop.gain


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, frames: Tensor, drop: Drop) -> Tensor:
        ctx.drop = drop
        return _drop(frames, drop)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _drop(gradients[0], ctx.drop), None


def _drop(frames: Tensor, drop: Drop) -> Tensor:
    kept = torch.empty_like(frames, memory_format=torch.contiguous_format)
    values = frames.contiguous().numpy()
    kernels.drop(values, 0, drop.seed, drop.threshold, drop.gain, kept.numpy())
    return kept
