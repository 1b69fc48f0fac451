"""What a check of a corpus says."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""An error makes results worthless, a warning is worth a look, a note is a fact."""


_LEVELS = {"note": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Finding:
    """What a check of a corpus says.

    Attributes:
        check: what was checked, such as "duplicates"; findings are grouped by it.
        severity: how grave it is.
        text: a sentence that says what is wrong and what to do.
        utterances: the ids that it is about; empty if it is about the whole corpus.
    """

    check: str
    severity: Severity
    text: str
    utterances: tuple[str, ...] = ()


def say_findings(findings: Iterable[Finding]) -> None:
    """Say each finding through the logger "featx", after how grave it is."""
    for finding in findings:
        kind = finding.severity.capitalize()
        log.log(_LEVELS[finding.severity], "%s: %s", kind, finding.text)
