"""All checks of a corpus, in the order in which they are shown."""

from collections.abc import Sequence
from typing import get_args

from featx.data.checks.balance import check_balance
from featx.data.checks.completeness import check_completeness
from featx.data.checks.duplicates import check_duplicates
from featx.data.checks.finding import Finding, Severity
from featx.data.checks.heard import hear
from featx.data.checks.labels import check_labels
from featx.data.checks.sounds import check_flaws, check_quality
from featx.data.checks.speakers import check_speakers
from featx.data.checks.unlisted import check_unlisted
from featx.data.checks.unreadable import check_readable
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured
from featx.data.sounds.same import find_same


def find_everything(utterances: Sequence[Utterance], measured: Measured) -> tuple[Finding, ...]:
    """Run every check; errors come first, then warnings, then notes.

    Args:
        utterances: all of a corpus.
        measured: their sounds.
    """
    heard = hear(utterances, measured)
    findings = [
        *check_readable(measured.failures, len(utterances)),
        *check_completeness(utterances),
        *check_unlisted(utterances),
        *check_labels(utterances),
        *check_speakers(utterances),
        *check_balance(utterances),
        *check_duplicates(utterances, find_same(utterances, measured.sounds)),
        *check_flaws(heard),
        *check_quality(heard),
    ]
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


_ORDER = {severity: place for place, severity in enumerate(get_args(Severity))}
