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
_TOGETHER = 32  # features of which the registers of AVX-512 hold the sums of four frames
_BLOCK = 64  # frames whose gradient stays in a core's cache
_AHEAD = 4  # frames, by which features are fetched before they are needed
_LINE = 8 * 64  # bits of a line of the cache
_SECOND = 2  # LLVM's locality, the second cache on x86: the first can wait for too few at a time


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
        # to read, to the second cache, data
        builder.call(fetch, [place, number(0), number(_SECOND), number(1)])
        return context.get_dummy_value()

    return types.void(values, types.intp), generate


def _mix_bits(context: Any, bits: Any) -> Any:
    """Return a hash of 32 bits (Wellons 2018, "lowbias32"), which numba would compute in 64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (mixed,) = arguments
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            mixed = builder.xor(mixed, builder.lshr(mixed, mixed.type(shift)))
            mixed = builder.mul(mixed, mixed.type(factor))
        return builder.xor(mixed, builder.lshr(mixed, mixed.type(16)))

    return types.uint32(types.uint32), generate


def _count_in_line(context: Any, values: Any) -> Any:
    """Return how many values a line of the cache has, as a number that the compiler knows."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, _LINE // values.dtype.bitwidth)

    return types.intp(values), generate


_registers: Any = intrinsic(_allocate_registers)
_line_values: Any = intrinsic(_count_in_line)
_mix: Any = intrinsic(_mix_bits)
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
    """Return 32 bits that look random: a hash of the position."""
    return _mix(uint32(uint32(index) ^ uint32(seed)))


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


@_inlined
def _fetch(values: np.ndarray, begin: int, count: int) -> None:
    for index in range(begin, begin + count, _line_values(values)):
        _fetch_value(values, index)


@_inlined
def _add(
    values: np.ndarray, place: int, dim: int, centre: np.ndarray, factors: np.ndarray,
    total: np.ndarray, width: int,
) -> None:  # fmt: skip
    """Add factors times (features - centre) to total, and fetch those of later frames to the cache.

    Layers lie apart, so the processor can't foresee where they are.
    """
    _fetch(values, place + _AHEAD * dim, width)
    row = values[place:]
    for d in range(width):
        total[d] += (widen(row[d]) - centre[d]) * factors[d]


@_inlined
def _put(
    total: np.ndarray, place: int, seed: int, least: int, factor: float, kept: np.ndarray,
    width: int,
) -> None:  # fmt: skip
    """Set kept to what dropout leaves of total."""
    for d in range(width):
        kept[d] = total[d] * factor if scatter(seed, place + d) >= least else np.float32(0)


@_inlined
def _sum_four(
    values: np.ndarray, apart: int, mean: np.ndarray, scale: np.ndarray, f: int, begin: int,
    number: int, seed: int, least: int, factor: float, frames: np.ndarray,
) -> None:  # fmt: skip
    """Set a part of four frames as `scaled_sum` does; they share what is read of mean and scale.

    `number` is the place of the first of them among those of the seed.
    """
    dim = frames.shape[1]
    total0, total1 = carray(_registers(), (_TOGETHER,)), carray(_registers(), (_TOGETHER,))
    total2, total3 = carray(_registers(), (_TOGETHER,)), carray(_registers(), (_TOGETHER,))
    for d in range(_TOGETHER):
        total0[d] = total1[d] = total2[d] = total3[d] = 0
    for layer in range(len(scale)):
        centre, factors = mean[layer][begin:], scale[layer][begin:]
        place = layer * apart + f * dim + begin
        _add(values, place, dim, centre, factors, total0, _TOGETHER)
        _add(values, place + dim, dim, centre, factors, total1, _TOGETHER)
        _add(values, place + 2 * dim, dim, centre, factors, total2, _TOGETHER)
        _add(values, place + 3 * dim, dim, centre, factors, total3, _TOGETHER)
    place = number * dim + begin
    _put(total0, place, seed, least, factor, frames[f][begin:], _TOGETHER)
    _put(total1, place + dim, seed, least, factor, frames[f + 1][begin:], _TOGETHER)
    _put(total2, place + 2 * dim, seed, least, factor, frames[f + 2][begin:], _TOGETHER)
    _put(total3, place + 3 * dim, seed, least, factor, frames[f + 3][begin:], _TOGETHER)


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
    whole = dim - dim % _TOGETHER if count >= 4 else 0
    for start in range(0, count if whole else 0, 4):
        f = min(start, count - 4)  # some of the last four may be computed twice
        for begin in range(0, whole, _TOGETHER):
            _sum_four(values, apart, mean, scale, f, begin, first + f, seed, least, factor, frames)
    total = np.empty(_TOGETHER, np.float32)
    for f in range(count):
        for begin in range(whole, dim, _TOGETHER):
            width = min(dim - begin, _TOGETHER)
            total[:] = 0
            for layer in range(len(scale)):
                place = layer * apart + f * dim + begin
                _add(values, place, dim, mean[layer][begin:], scale[layer][begin:], total, width)
            place = (first + f) * dim + begin
            _put(total, place, seed, least, factor, frames[f][begin:], width)


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
