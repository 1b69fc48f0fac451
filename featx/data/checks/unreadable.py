"""Utterances whose audio can't be read."""

from collections.abc import Mapping

from featx.data.checks.finding import Finding
from featx.utils.text import counted, first_lines

CHECK = "unreadable"
_SHOWN = 5  # reasons


def say_left_out(failures: Mapping[str, str]) -> list[Finding]:
    """Say which utterances a new manifest leaves out, as their audio can't be read.

    Args:
        failures: utterance id to the reason.
    """
    if not failures:
        return []
    reasons = "\n".join(first_lines(list(failures.values()), _SHOWN))
    text = f"Left out {counted(len(failures), 'utterance')} whose audio can't be read:\n{reasons}"
    return [Finding(CHECK, "warning", text, tuple(failures))]


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
    return [Finding(CHECK, "error", text, tuple(failures))]
