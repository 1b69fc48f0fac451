"""Lengths that stand out, and lengths that are all the same."""

from collections.abc import Sequence

import numpy as np

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, equally_long, names
from featx.data.checks.sounds.pauses import ends_in_sound

SHORT = 0.25  # s: about a syllable
_FAR = 5.0  # robust standard deviations of the logarithm, which few lengths of any corpus reach
_FACTOR = 3.0  # of the median: where lengths are nearly the same, others are no outliers yet
_CHECK = "length"


def check_lengths(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances that are very short, very long, or all equally long."""
    if not heard:
        return []
    short = [item for item in heard if item.sound.seconds < SHORT]
    findings = _check_outliers(heard) + _check_equal(heard)
    if short:
        text = f"Hardly a syllable in {amount(short, heard)}: they are shorter than {SHORT:g} s."
        findings.append(Finding(_CHECK, "warning", text, names(short)))
    return findings


def _check_outliers(heard: Sequence[Heard]) -> list[Finding]:
    """Find lengths that are far from the median, by the median deviation of their logarithms."""
    lengths = np.log([item.sound.seconds for item in heard])
    away = np.abs(lengths - np.median(lengths))
    spread = 1.4826 * np.median(away)  # the standard deviation, were they normal
    far = away > max(_FAR * spread, np.log(_FACTOR))
    found = [h for h, is_far in zip(heard, far, strict=True) if is_far and h.sound.seconds >= SHORT]
    if not found:
        return []
    low, high = (pick(item.sound.seconds for item in found) for pick in (min, max))
    span = f"{low:.1f} s" if low == high else f"{low:.1f} to {high:.1f} s"
    text = (
        f"An unusual length in {amount(found, heard)}: {span}, where the median is "
        f"{np.exp(np.median(lengths)):.1f} s. Do they hold several utterances, or a part?"
    )
    return [Finding(_CHECK, "warning", text, names(found))]


def _check_equal(heard: Sequence[Heard]) -> list[Finding]:
    equal = equally_long(heard)
    if not equal:
        return []
    length = equal[0].sound.seconds
    cut = sum(ends_in_sound(item.sound) for item in equal)
    verdict = f"{cut:,} of them end in mid-sound: they were cut." if cut else "Cut, or padded?"
    text = f"Exactly {length:.3f} s in {amount(equal, heard)}. {verdict}"
    return [Finding(_CHECK, "warning" if cut else "note", text, names(equal))]
