"""Samples that are not between -1 and 1, and what they seem to be."""

import numpy as np

LOUDEST = 4.0  # 12 dB above full scale: floating-point mixes go over it by a few dB
_FULL = {128: 8, 32_768: 16, 8_388_608: 24, 2_147_483_648: 32}  # full scale by bits
_WILD = 1e-3  # share of the samples that may be damaged where the others are sound


def find_fault(samples: np.ndarray, scale: float | None) -> str | None:
    """Say why samples can't be used as they are.

    Real audio in floating point stays near full scale, so that peaks above 4 are samples of
    integers that were never divided, or damage. Above 1, whole numbers alone are integers too.

    Args:
        samples: of any shape, at least one, as the file has them.
        scale: what they are to be divided by; None if they are as they should be.

    Returns:
        The reason with the cure, for people; None if they can be used.
    """
    high, low = float(samples.max()), float(samples.min())
    peak = max(high, -low)
    if not np.isfinite(peak):
        return "holds values that are not finite (NaN or infinity)"
    if scale is not None:
        return _fault_of_scale(peak, scale)
    if peak <= 1 or (peak <= LOUDEST and not _whole(samples)):
        return None
    if high == low:
        return f"holds nothing but the value {high:g}"
    magnitude = np.abs(samples)
    whole = _whole(samples)
    wild = np.count_nonzero(magnitude > LOUDEST)
    if not whole and wild <= max(1, _WILD * magnitude.size):
        return (
            f"damaged, {wild} of {magnitude.size} samples are far beyond full scale, up to "
            f"{peak:g}, where the others reach {magnitude[magnitude <= LOUDEST].max():g}"
        )
    return _fault_of_integers(peak, low, whole)


def _fault_of_scale(peak: float, scale: float) -> str | None:
    if peak / scale > LOUDEST:
        return f"`scale={scale:g}`: its samples reach {peak:g}, more than that"
    if 0 < peak < 1 < scale:
        return f"`scale={scale:g}`: its samples reach only {peak:.2g}: they need no scale"
    return None


def _fault_of_integers(peak: float, low: float, whole: bool) -> str:
    number = f"{peak:.0f}" if peak < 1e15 else f"{peak:g}"
    what = f"its samples {'are whole numbers up to' if whole else 'reach'} {number}"
    if peak > 2 * max(_FULL):
        return f"damaged, {what}: no audio is so loud"
    if whole and low >= 0 and peak <= 255:
        return f"{what}, none negative: 8-bit audio without its sign; make it anew from its source"
    full = [size for size in _FULL if peak <= size * 1.01] or [max(_FULL)]
    meant = full[1] if full[0] == 128 else full[0]  # faint speech of 16 bits is common, of 8 rare
    other = " (or, if they had 8 bits, `scale=128`)" if full[0] == 128 else ""
    return (
        f"{what}, where audio lies between -1 and 1: {_FULL[meant]}-bit samples that were not "
        f"divided by {meant}; give `scale={meant}`{other}"
    )


def _whole(samples: np.ndarray) -> bool:
    return bool((samples == np.round(samples)).all())
