"""Loops over stored features that read each value once and widen halves on the way.

In torch, a half is first copied to a float, and summing layers then reads and writes those copies
several times: twice the time (benchmarks/fitting/fit.py). numba compiles these at first use.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types, uint32
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

_FAST = {"contract", "reassoc"}
compiled: Any = njit(nogil=True, fastmath=_FAST, cache=True)
# put into its callers before types are known, so that a constant argument stays constant
_inlined: Any = njit(nogil=True, fastmath=_FAST, inline="always")


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
_TOGETHER = 64  # features that a processor's vector registers hold the sums of
_BLOCK = 64  # frames whose gradient stays in a core's cache
_AHEAD = 4  # frames, by which features are fetched before they are needed
_LINE = 64  # bytes of a line of the cache


def _allocate_registers(context: Any) -> Any:
    """Return a place on the stack, which nothing else can point to: sums there become registers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), _TOGETHER))
        return builder.bitcast(room, ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(), generate


def _prefetch(context: Any, values: Any, index: Any) -> Any:
    """Ask for a value to be brought to the cache; it may lie beyond the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), byte)
        # to read, wanted in all levels of the cache, data
        builder.call(fetch, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(values, types.intp), generate


_registers: Any = intrinsic(_allocate_registers)
_fetch_value: Any = intrinsic(_prefetch)


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
def _fetch(values: np.ndarray, begin: int, count: int) -> None:
    for index in range(begin, begin + count, _LINE // values.itemsize):
        _fetch_value(values, index)


@_inlined
def _add_layers(
    values: np.ndarray,
    apart: int,
    mean: np.ndarray,
    scale: np.ndarray,
    frame: int,
    begin: int,
    total: np.ndarray,
    width: int,
) -> None:
    """Set total to the sum over layers of scale times (features - mean), for a part of a frame.

    Later frames are fetched to the cache: layers lie apart, so the processor can't foresee them.
    """
    layers, dim = scale.shape
    for d in range(width):
        total[d] = 0
    for layer in range(layers):
        place = layer * apart + frame * dim + begin
        _fetch(values, place + _AHEAD * dim, width)
        row, centre, factors = values[place:], mean[layer][begin:], scale[layer][begin:]
        for d in range(width):
            total[d] += (widen(row[d]) - centre[d]) * factors[d]


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
    count, dim = frames.shape
    factor, least = np.float32(gain), uint32(threshold)
    total = carray(_registers(), (_TOGETHER,))
    for f in range(count):
        for begin in range(0, dim, _TOGETHER):
            width = min(dim - begin, _TOGETHER)
            if width == _TOGETHER:  # a constant width, for which sums stay in registers
                _add_layers(values, apart, mean, scale, f, begin, total, _TOGETHER)
            else:
                _add_layers(values, apart, mean, scale, f, begin, total, width)
            place = (first + f) * dim + begin
            for d in range(width):
                stays = scatter(seed, place + d) >= least
                frames[f, begin + d] = total[d] * factor if stays else np.float32(0)


@compiled
def _add_products(
    row: np.ndarray, centre: np.ndarray, factors: np.ndarray, sums: np.ndarray
) -> None:
    for d in range(len(sums)):
        sums[d] += (widen(row[d]) - centre[d]) * factors[d]


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
    passed = np.empty((_BLOCK, dim), np.float32)
    slopes[:] = 0
    for begin in range(0, len(gradient), _BLOCK):
        own = gradient[begin : begin + _BLOCK]
        drop(own, first + begin, seed, threshold, gain, passed)
        for layer in range(layers):
            for f in range(len(own)):
                place = layer * apart + (begin + f) * dim
                _fetch(values, place + _AHEAD * dim, dim)
                _add_products(values[place:], mean[layer], passed[f], slopes[layer])


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
