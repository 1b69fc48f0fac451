"""All checks of a corpus: those that run by themselves everywhere, and those of an audit alone."""

from collections.abc import Sequence
from typing import get_args

from featx.data.checks.balance import check_balance
from featx.data.checks.completeness import check_completeness
from featx.data.checks.corpus import Checked
from featx.data.checks.finding import Finding, Severity
from featx.data.checks.sounds.heard import hear
from featx.data.checks.sounds.sounds import check_quality
from featx.data.checks.unlisted import check_unlisted
from featx.data.manifest import Utterance


def find_everything(utterances: Sequence[Utterance], checked: Checked) -> tuple[Finding, ...]:
    """Add an audit's checks to those of `check_corpus`: errors first, then warnings, then notes.

    Args:
        utterances: all of a corpus.
        checked: what is known of them already.
    """
    findings = [
        *check_completeness(utterances),
        *checked.findings,
        *check_unlisted(utterances),
        *check_balance(utterances),
        *check_quality(hear(utterances, checked.measured)),
    ]
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


_ORDER = {severity: place for place, severity in enumerate(get_args(Severity))}
