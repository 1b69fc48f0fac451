"""Speech that hardly stands out of noise."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.checks.sounds.silence import is_silent
from featx.utils.text import decibels

NOISY = 12.0  # dB: what RAVDESS has with white noise 8 dB under its speech. Cut so that there is no
# pause at the ends, a single file of 2,449 has less
SHORTEST = 0.5  # s: in less speech there is often no pause that could be quiet
EVEN = 3.0  # dB: nothing comes and goes, as speech does
_CHECK = "noise"


def check_noise(heard: Sequence[Heard]) -> list[Finding]:
    """Find noisy utterances, and those that have a single level throughout."""
    audible = [item for item in heard if not is_silent(item.sound)]
    even = [item for item in audible if item.sound.snr < EVEN]
    longer = [item for item in audible if item.sound.seconds >= SHORTEST]
    noisy = [item for item in longer if EVEN <= item.sound.snr < NOISY]
    findings = []
    if even:
        text = (
            f"A single level throughout in {amount(even, heard)}, as noise and tones have, and "
            "speech has not. Listen to some."
        )
        findings.append(Finding(_CHECK, "warning", text, names(even)))
    if noisy:
        text = (
            f"Noise in {amount(noisy, heard)}: loud speech is less than {decibels(NOISY)} above "
            "the quiet parts."
        )
        findings.append(Finding(_CHECK, "warning", text, names(noisy)))
    return findings
