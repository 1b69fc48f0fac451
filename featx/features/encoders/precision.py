"""Which precision to compute in: the fastest one that does not change the features noticeably."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from featx.data.audio import SAMPLE_RATE
from featx.features.encoders.devices import BATCH_SECONDS, lacks_float16
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.workers import encode

LOWEST_COSINE = 0.9995  # of any frame of any layer to float32's
LEAST_GAIN = 1.2  # times as fast as float32; a smaller gain may be the clock's noise
log = logging.getLogger("featx")


@dataclass(frozen=True)
class PrecisionCheck:
    """How one precision did against float32, on the same utterances.

    Attributes:
        precision: "bfloat16" or "float16".
        cosines: layer to the lowest cosine of any frame to float32's.
        speed: how many times as fast as float32.
    """

    precision: str
    cosines: dict[int, float]
    speed: float

    @property
    def passed(self) -> bool:
        """Whether every frame of every layer stays close enough."""
        return min(self.cosines.values()) >= LOWEST_COSINE

    def describe(self) -> str:
        """Say in words how it did."""
        layer = min(self.cosines, key=self.cosines.__getitem__)
        return (
            f"{self.precision}: {self.speed:.1f} times as fast as float32, "
            f"lowest cosine of a frame {self.cosines[layer]:.5f} (layer {layer})"
        )


def check_precisions(
    encoder: Encoder, device: torch.device, waveforms: Sequence[np.ndarray]
) -> list[PrecisionCheck]:
    """Measure the half precisions that a device is made for against float32.

    Args:
        encoder: the encoder in float32.
        device: where it will compute.
        waveforms: real speech, each (samples,); they are timed in a batch of the usual size.
    """
    halves = half_precisions(device)
    if not halves:
        return []
    seconds = sum(map(len, waveforms)) / SAMPLE_RATE
    batch = list(waveforms) * max(1, int(BATCH_SECONDS[device.type] / seconds))
    expected, float32_time = _encode_timed(encoder.on(device, "float32"), batch)
    checks = []
    for precision in halves:
        features, taken = _encode_timed(encoder.on(device, precision), batch)
        pairs = list(zip(features, expected, strict=True))[: len(waveforms)]
        cosines = {
            layer: min(float(frame_cosines(half[index], full[index]).min()) for half, full in pairs)
            for index, layer in enumerate(encoder.layers)
        }
        checks.append(PrecisionCheck(precision, cosines, float32_time / taken))
    return checks


def fastest(checks: Sequence[PrecisionCheck]) -> str:
    """Return the fastest precision that passed its check; float32 if none does and pays."""
    gains = [check for check in checks if check.passed and check.speed >= LEAST_GAIN]
    return max(gains, key=lambda check: check.speed).precision if gains else "float32"


def half_precisions(device: torch.device) -> tuple[str, ...]:
    """Return the half precisions that a device computes in faster than in float32."""
    if device.type == "cuda":
        return ("bfloat16", "float16")
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return ("bfloat16",) if native else ()


def say_if_rounded(device: torch.device) -> None:
    """Say what `Encoder.on` does in place of float16 where a processor lacks products of it."""
    if lacks_float16(device):
        faster = "".join(
            f" `precision={name!r}` is faster, and rounds more." for name in half_precisions(device)
        )
        log.info(
            "This processor does not multiply in float16: weights are rounded to float16, and "
            "computed with in float32. `precision='float32'` takes as long and rounds nothing.%s",
            faster,
        )


def _encode_timed(
    encoder: Encoder, waveforms: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], float]:
    """Return features and seconds, of the second time: the first pays for preparations."""
    encode(encoder, waveforms, "float32")
    begin = time.perf_counter()
    features = encode(encoder, waveforms, "float32")
    return features, time.perf_counter() - begin


def frame_cosines(rounded: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Return the cosines between frames of two (..., frames, dim); -1 where a value overflowed."""
    rounded, exact = rounded.astype(np.float64), exact.astype(np.float64)
    norms = [np.linalg.norm(features, axis=-1) for features in (rounded, exact)]
    with np.errstate(invalid="ignore"):
        cosines = (rounded * exact).sum(-1) / norms[0] / norms[1]
    return np.asarray(np.nan_to_num(cosines, nan=-1.0))
