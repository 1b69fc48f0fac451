"""Loops over stored features that read each value once and widen halves on the way.

In torch, a half is first copied to a float, and summing layers then reads and writes those copies
several times: twice the time (benchmarks/fit.py). numba compiles these at first use.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types, uint32
from numba.extending import intrinsic
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


def bits(features: np.ndarray) -> np.ndarray:
    """Return features as the kernels take them: contiguous, halves as their bits."""
    features = np.ascontiguousarray(features)
    return features.view(np.uint16) if features.dtype == np.float16 else features


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
        seed: of the random bits.
        threshold: of the random bits, 32 of them; 0 keeps all.
        gain: of what is kept.
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
    features: np.ndarray,
    scale: np.ndarray,
    start: np.ndarray,
    first: int,
    seed: int,
    threshold: int,
    gain: float,
    frames: np.ndarray,
) -> None:
    """Set frames (frames, dim) to start (dim) plus the sum over layers of scale times features.

    Args:
        features: (layers, frames, dim), from `bits`.
        scale: (layers, dim) float32.
        start: (dim,) float32.
        first: this and the next three as for `drop`, which the result goes through.
        seed: see `drop`.
        threshold: see `drop`.
        gain: see `drop`.
        frames: (frames, dim) float32, the result.
    """
    layers, count, dim = features.shape
    factor, least = np.float32(gain), uint32(threshold)
    for f in range(count):
        for d in range(dim):
            frames[f, d] = start[d]
        for layer in range(layers):
            for d in range(dim):
                frames[f, d] += widen(features[layer, f, d]) * scale[layer, d]
        place = (first + f) * dim
        for d in range(dim):
            stays = scatter(seed, place + d) >= least
            frames[f, d] = frames[f, d] * factor if stays else np.float32(0)


@compiled
def scaled_sum_slopes(
    features: np.ndarray,
    gradient: np.ndarray,
    first: int,
    seed: int,
    threshold: int,
    gain: float,
    slopes: np.ndarray,
    starts: np.ndarray,
) -> None:
    """Set slopes and starts to the gradients of `scaled_sum` by scale and start.

    Args:
        features: (layers, frames, dim), from `bits`.
        gradient: (frames, dim) float32, by the result of `scaled_sum`.
        first: this and the next three as they were in `scaled_sum`.
        seed: see `drop`.
        threshold: see `drop`.
        gain: see `drop`.
        slopes: (layers, dim) float32, a result.
        starts: (dim,) float32, a result.
    """
    layers, count, dim = features.shape
    factor, least = np.float32(gain), uint32(threshold)
    row = np.empty(dim, np.float32)
    slopes[:] = 0
    starts[:] = 0
    for f in range(count):
        place = (first + f) * dim
        for d in range(dim):
            stays = scatter(seed, place + d) >= least
            row[d] = gradient[f, d] * factor if stays else np.float32(0)
            starts[d] += row[d]
        for layer in range(layers):
            for d in range(dim):
                slopes[layer, d] += widen(features[layer, f, d]) * row[d]


@compiled
def moments(features: np.ndarray, mean: np.ndarray, squares: np.ndarray) -> None:
    """Set mean and squares (layers, dim) to the mean and the sum of squared deviations.

    Deviations are taken from the first frame while adding up, so that a large mean costs no digits.

    Args:
        features: (layers, frames, dim), from `bits`.
        mean: (layers, dim) float64, a result.
        squares: (layers, dim) float64, a result.
    """
    layers, count, dim = features.shape
    for layer in range(layers):
        for d in range(dim):
            mean[layer, d] = 0
            squares[layer, d] = 0
        for f in range(1, count):
            for d in range(dim):
                away = np.float64(widen(features[layer, f, d])) - np.float64(
                    widen(features[layer, 0, d])
                )
                mean[layer, d] += away
                squares[layer, d] += away * away
        for d in range(dim):
            away = mean[layer, d] / count
            squares[layer, d] = max(squares[layer, d] - count * away * away, 0.0)
            mean[layer, d] = np.float64(widen(features[layer, 0, d])) + away
