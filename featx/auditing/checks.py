"""All checks of a corpus, in the order in which they are shown."""

from collections.abc import Sequence
from typing import get_args

from featx.data.checks.balance import check_balance
from featx.data.checks.bandwidth import check_bandwidth
from featx.data.checks.channels import check_channels
from featx.data.checks.clipping import check_clipping
from featx.data.checks.completeness import check_completeness
from featx.data.checks.finding import Finding, Severity
from featx.data.checks.heard import Heard
from featx.data.checks.lengths import check_lengths
from featx.data.checks.level import check_level
from featx.data.checks.noise import check_noise
from featx.data.checks.offset import check_offset
from featx.data.checks.pauses import check_pauses
from featx.data.checks.silence import check_silence
from featx.data.checks.unlisted import check_unlisted
from featx.data.checks.unreadable import check_readable
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured


def find_everything(utterances: Sequence[Utterance], measured: Measured) -> tuple[Finding, ...]:
    """Run every check; errors come first, then warnings, then notes.

    Args:
        utterances: all of a corpus.
        measured: their sounds.
    """
    heard = [
        Heard(utterance, measured.sounds[utterance.utterance])
        for utterance in utterances
        if utterance.utterance in measured.sounds
    ]
    findings = [
        *check_readable(measured.failures, len(utterances)),
        *check_completeness(utterances),
        *check_unlisted(utterances),
        *check_balance(utterances),
        *check_silence(heard),
        *check_clipping(heard),
        *check_offset(heard),
        *check_channels(heard),
        *check_level(heard),
        *check_noise(heard),
        *check_bandwidth(heard),
        *check_lengths(heard),
        *check_pauses(heard),
    ]
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


_ORDER = {severity: place for place, severity in enumerate(get_args(Severity))}
