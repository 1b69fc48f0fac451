"""Channels that are dead, or cancel when they are averaged."""

import math
from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.checks.sounds.silence import SILENT_BELOW, is_silent
from featx.data.sounds.sound import Sound
from featx.utils.text import decibels

DEAD = 40.0  # dB under the loudest channel: crosstalk and hum, no speech of use
CANCELLED = 6.0  # dB; averaging loses 3 of two channels that have nothing in common
_CHECK = "channels"


def check_channels(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances of several channels whose average is not what was recorded."""
    live = [item for item in heard if max(item.sound.channels) >= SILENT_BELOW]
    dead = [item for item in live if _dead(item.sound)]
    opposed = [i for i in live if not _dead(i.sound) and i.sound.cancelled >= CANCELLED]
    findings = []
    if dead:
        lost = max(_lost(item.sound) for item in dead)
        text = (
            f"A dead channel in {amount(dead, heard)}, {decibels(DEAD)} or more below the other. "
            f"Channels are averaged, so speech is {decibels(lost)} too quiet. Keep the live "
            "channel alone."
        )
        findings.append(Finding(_CHECK, "warning", text, names(dead)))
    if opposed:
        most = max(item.sound.cancelled for item in opposed)
        gone = sum(is_silent(item.sound) for item in opposed)
        nothing = f", and nothing is left of {gone:,}" if gone else ""
        text = (
            f"Channels cancel in {amount(opposed, heard)}: averaged they lose up to "
            f"{decibels(most)}{nothing}. One of them is upside down: turn it over, "
            "or keep a single channel."
        )
        findings.append(Finding(_CHECK, "warning", text, names(opposed)))
    return findings


def _dead(sound: Sound) -> int:
    """Return how many channels are dead."""
    return sum(level <= max(sound.channels) - DEAD for level in sound.channels)


def _lost(sound: Sound) -> float:
    """Return how many dB averaging with dead channels loses."""
    count = len(sound.channels)
    return 20 * math.log10(count / (count - _dead(sound)))
