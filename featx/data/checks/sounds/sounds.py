"""The checks of sounds: flaws, which are said wherever a corpus is used, and how it sounds."""

from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.bandwidth import check_bandwidth
from featx.data.checks.sounds.channels import check_channels
from featx.data.checks.sounds.clipping import check_clipping
from featx.data.checks.sounds.heard import Heard
from featx.data.checks.sounds.lengths import check_lengths
from featx.data.checks.sounds.level import check_level
from featx.data.checks.sounds.noise import check_noise
from featx.data.checks.sounds.offset import check_offset
from featx.data.checks.sounds.pauses import check_pauses
from featx.data.checks.sounds.silence import check_silence


def check_flaws(heard: Sequence[Heard]) -> list[Finding]:
    """Find what is no recording of speech as it was: silence, clipping, offset, dead channels."""
    return [
        *check_silence(heard),
        *check_clipping(heard),
        *check_offset(heard),
        *check_channels(heard),
    ]


def check_quality(heard: Sequence[Heard]) -> list[Finding]:
    """Find what differs in a corpus or stands out: level, noise, bandwidth, length, ends."""
    return [
        *check_level(heard),
        *check_noise(heard),
        *check_bandwidth(heard),
        *check_lengths(heard),
        *check_pauses(heard),
    ]
