"""Utterances whose audio can't be read."""

from collections.abc import Mapping

from featx.data.checks.finding import Finding
from featx.utils.text import counted, first_lines

_SHOWN = 3  # reasons


def check_readable(failures: Mapping[str, str], count: int) -> list[Finding]:
    """Find utterances whose audio can't be read.

    Args:
        failures: utterance id to the reason.
        count: how many utterances there are.
    """
    if not failures:
        return []
    reasons = "\n".join(first_lines(list(failures.values()), _SHOWN))
    text = f"Unreadable audio of {len(failures):,} of {counted(count, 'utterance')}:\n{reasons}"
    return [Finding("unreadable", "error", text, tuple(failures))]
