"""Loops over stored features that read each value once and widen halves on the way.

In torch, a half is first copied to a float, and summing layers then reads and writes those copies
several times: twice the time (benchmarks/fitting/fit.py). numba compiles these at first use.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types, uint32
from numba.extending import intrinsic
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

compiled: Any = njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)


def _widen(context: Any, value: Any) -> Any:
    """Return a stored value as float32: a half as its 16 bits, which numba lacks, or a float."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (stored,) = arguments
        if signature.args[0] == types.float32:
            return stored
        return builder.fpext(builder.bitcast(stored, ir.HalfType()), ir.FloatType())

    known = value in (types.float32, types.uint16)
    return (types.float32(value), generate) if known else None


widen: Any = intrinsic(_widen)


def can_take(values: Tensor) -> bool:
    """Tell whether values lie where these loops run: in the processor's memory."""
    return values.device.type == "cpu"


def flat(features: np.ndarray) -> tuple[np.ndarray, int]:
    """Return features as the kernels take them: without their shape, halves as their bits.

    Args:
        features: (layers, frames, dim) float16 or float32, a layer's frames one after another in
            memory; layers may lie apart, as in a mapped store.

    Returns:
        A vector from the first value to the last, and how far layers are apart in it.
    """
    layers, frames, dim = features.shape
    item = features.itemsize
    if features.strides[1:] != (dim * item, item):
        features = np.ascontiguousarray(features)
    apart = features.strides[0] // item if layers > 1 else frames * dim
    kind = np.uint16 if features.dtype == np.float16 else features.dtype
    length = (layers - 1) * apart + frames * dim
    return as_strided(features.view(kind), (length,), (item,)), apart


@compiled
def scatter(seed: int, index: int) -> Any:
    """Return 32 bits that look random: a hash of the position (Wellons 2018, "lowbias32")."""
    bits = uint32(index) ^ uint32(seed)
    bits = uint32((bits ^ (bits >> uint32(16))) * uint32(0x7FEB352D))
    bits = uint32((bits ^ (bits >> uint32(15))) * uint32(0x846CA68B))
    return uint32(bits ^ (bits >> uint32(16)))


@compiled
def drop(
    frames: np.ndarray, first: int, seed: int, threshold: int, gain: float, kept: np.ndarray
) -> None:
    """Set kept to gain times frames where the random bits reach a threshold, elsewhere to zero.

    Args:
        frames: (frames, dim) float32.
        first: place of the first frame among those of the seed.
        seed: the seed of the random bits.
        threshold: what a value's 32 random bits must reach for it to be kept; 0 keeps all.
        gain: the factor on the values that are kept.
        kept: (frames, dim) float32, the result; may be `frames` itself.
    """
    count, dim = frames.shape
    factor, least = np.float32(gain), uint32(threshold)
    for f in range(count):
        place = (first + f) * dim
        for d in range(dim):
            stays = scatter(seed, place + d) >= least
            kept[f, d] = frames[f, d] * factor if stays else np.float32(0)


@compiled
def scaled_sum(
    values: np.ndarray,
    apart: int,
    mean: np.ndarray,
    scale: np.ndarray,
    first: int,
    seed: int,
    threshold: int,
    gain: float,
    frames: np.ndarray,
) -> None:
    """Set frames (frames, dim) to the sum over layers of scale times (features - mean).

    Args:
        values: the values that `flat` returned, together with `apart`.
        apart: see `flat`.
        mean: (layers, dim) float32.
        scale: (layers, dim) float32.
        first: see `drop`, which is applied to the result.
        seed: see `drop`.
        threshold: see `drop`.
        gain: see `drop`.
        frames: (frames, dim) float32, the result.
    """
    layers, dim = scale.shape
    factor, least = np.float32(gain), uint32(threshold)
    for f in range(len(frames)):
        for d in range(dim):
            frames[f, d] = 0
        for layer in range(layers):
            row = values[layer * apart + f * dim :][:dim]
            for d in range(dim):
                frames[f, d] += (widen(row[d]) - mean[layer, d]) * scale[layer, d]
        place = (first + f) * dim
        for d in range(dim):
            stays = scatter(seed, place + d) >= least
            frames[f, d] = frames[f, d] * factor if stays else np.float32(0)


@compiled
def scaled_sum_slopes(
    values: np.ndarray,
    apart: int,
    mean: np.ndarray,
    gradient: np.ndarray,
    first: int,
    seed: int,
    threshold: int,
    gain: float,
    slopes: np.ndarray,
) -> None:
    """Set slopes to the gradient of `scaled_sum` by scale.

    Args:
        values: the values that `flat` returned, together with `apart`.
        apart: see `flat`.
        mean: (layers, dim) float32.
        gradient: (frames, dim) float32, by the result of `scaled_sum`.
        first: this and the next three as they were in `scaled_sum`.
        seed: see `drop`.
        threshold: see `drop`.
        gain: see `drop`.
        slopes: (layers, dim) float32, the result.
    """
    layers, dim = slopes.shape
    factor, least = np.float32(gain), uint32(threshold)
    passed = np.empty(dim, np.float32)
    slopes[:] = 0
    for f in range(len(gradient)):
        place = (first + f) * dim
        for d in range(dim):
            stays = scatter(seed, place + d) >= least
            passed[d] = gradient[f, d] * factor if stays else np.float32(0)
        for layer in range(layers):
            row = values[layer * apart + f * dim :][:dim]
            for d in range(dim):
                slopes[layer, d] += (widen(row[d]) - mean[layer, d]) * passed[d]


@compiled
def moments(
    values: np.ndarray, apart: int, frames: int, mean: np.ndarray, squares: np.ndarray
) -> None:
    """Set mean and squares (layers, dim) to the mean and the sum of squared deviations.

    Deviations are taken from the first frame while adding up, so that a large mean costs no digits.

    Args:
        values: the values that `flat` returned, together with `apart`.
        apart: see `flat`.
        frames: how many.
        mean: (layers, dim) float64, a result.
        squares: (layers, dim) float64, a result.
    """
    layers, dim = mean.shape
    for layer in range(layers):
        begin = values[layer * apart :][:dim]
        for d in range(dim):
            mean[layer, d] = 0
            squares[layer, d] = 0
        for f in range(1, frames):
            row = values[layer * apart + f * dim :][:dim]
            for d in range(dim):
                away = np.float64(widen(row[d])) - np.float64(widen(begin[d]))
                mean[layer, d] += away
                squares[layer, d] += away * away
        for d in range(dim):
            away = mean[layer, d] / frames
            squares[layer, d] = max(squares[layer, d] - frames * away * away, 0.0)
            mean[layer, d] = np.float64(widen(begin[d])) + away
