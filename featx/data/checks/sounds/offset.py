"""Samples that are not centred on zero."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.sounds.sound import Sound

LARGE = 0.01  # of full scale; RAVDESS's largest is 0.002
_SMALL, _SHARE = (
    0.001,
    0.2,
)  # or less, if it is a fifth of a quiet recording's RMS: 4 % of its power


def check_offset(heard: Sequence[Heard]) -> list[Finding]:
    """Find utterances with a constant offset."""
    found = [item for item in heard if _is_offset(item.sound)]
    if not found:
        return []
    largest = max((item.sound.offset for item in found), key=abs)
    text = (
        f"A constant offset in {amount(found, heard)}, of up to {largest:+.3f} of full scale. "
        "Models that take the waveform as it is see it. Subtract each file's mean."
    )
    return [Finding("offset", "warning", text, names(found))]


def _is_offset(sound: Sound) -> bool:
    size = abs(sound.offset)
    return size >= LARGE or (size >= _SMALL and size >= _SHARE * 10 ** (sound.level / 20))
