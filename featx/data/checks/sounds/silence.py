"""Utterances without sound, and speakers who have no others."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.sounds.sound import Sound
from featx.utils.text import counted, decibels, listed

SILENT_BELOW = -70.0  # dB, of loud parts: those of RAVDESS's quietest file are at -57, and the
# rounding of 16 bits is at -96. It holds of files with a click or an offset alone too.
_CHECK = "silence"


def is_silent(sound: Sound) -> bool:
    """Tell whether even the loud parts of a sound are next to nothing."""
    return sound.speech < SILENT_BELOW


def check_silence(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances without sound; a speaker who has no others is an error."""
    silent = [item for item in heard if is_silent(item.sound)]
    if not silent:
        return []
    text = (
        f"No sound in {amount(silent, heard)}: even loud parts are below {decibels(SILENT_BELOW)}. "
        "Take these rows out of the manifest."
    )
    return [*_check_speakers(heard), Finding(_CHECK, "warning", text, names(silent))]


def _check_speakers(heard: Sequence[Heard]) -> list[Finding]:
    speaking = {item.utterance.speaker for item in heard if not is_silent(item.sound)}
    mute = [item for item in heard if item.utterance.speaker not in speaking | {""}]
    if not mute:
        return []
    speakers = sorted({item.utterance.speaker for item in mute})
    text = (
        f"No sound of {counted(len(speakers), 'speaker')} at all: {listed(speakers)}. Standardised "
        "by speaker, features of silence are divided by its own deviation, which is none or means "
        "nothing. Take these rows out of the manifest."
    )
    return [Finding(_CHECK, "error", text, names(mute))]
