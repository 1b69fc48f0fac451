"""Sound that is cut off at an end, and long pauses there."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, equally_long, names
from featx.data.checks.sounds.noise import NOISY
from featx.data.checks.sounds.silence import is_silent
from featx.data.sounds.sound import Sound
from featx.utils.text import decibels

CUT_OFF = 10.0  # dB under loud speech: as loud as a vowel; 3 of RAVDESS's 1,440 spoken files end so
LONG = 3.0  # s of pause at an end
MOST = 0.75  # of an utterance; in RAVDESS pauses at the ends are half of it


def ends_in_sound(sound: Sound) -> bool:
    """Tell whether a sound ends nearly as loud as its loud parts are."""
    return _stands_out(sound) and sound.end >= sound.speech - CUT_OFF


def begins_in_sound(sound: Sound) -> bool:
    """Tell whether a sound begins nearly as loud as its loud parts are."""
    return _stands_out(sound) and sound.beginning >= sound.speech - CUT_OFF


def _stands_out(sound: Sound) -> bool:
    """Tell whether there is speech that stands out of noise, which goes on at the ends."""
    return not is_silent(sound) and sound.snr >= NOISY


def check_pauses(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances that begin or end in mid-sound, or with long pauses."""
    ends = (("begin", "beginning", begins_in_sound), ("end", "end", ends_in_sound))
    equal = set(names(equally_long(heard)))  # of which the check of lengths says where they end
    findings = []
    for verb, noun, is_cut in ends:
        cut = [item for item in heard if is_cut(item.sound)]
        if verb == "end":
            cut = [item for item in cut if item.utterance.utterance not in equal]
        if cut:
            text = (
                f"A sudden {noun} in {amount(cut, heard)}: they {verb} within "
                f"{decibels(CUT_OFF)} of their loud parts. Were they cut in mid-sound?"
            )
            findings.append(Finding("cut off", "warning", text, names(cut)))
    if paused := [item for item in heard if _is_paused(item.sound)]:
        text = (
            f"Long pauses at the ends of {amount(paused, heard)}: more than {LONG:g} s at an end, "
            f"or {MOST:.0%} of the whole. What averages over time averages over them too."
        )
        findings.append(Finding("pauses", "note", text, names(paused)))
    return findings


def _is_paused(sound: Sound) -> bool:
    if is_silent(sound):
        return False
    together = sound.leading + sound.trailing
    return max(sound.leading, sound.trailing) > LONG or together > MOST * sound.seconds
