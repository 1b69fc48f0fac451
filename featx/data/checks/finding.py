"""What a check of a corpus says."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""An error makes results worthless, a warning is worth a look, a note is a fact."""


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
