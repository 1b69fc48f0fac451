"""The checks of a corpus that run by themselves, wherever its manifest is made or used."""

from collections.abc import Sequence
from dataclasses import dataclass

from featx.data.checks.duplicates import check_duplicates
from featx.data.checks.finding import Finding
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured, measure_sounds
from featx.data.sounds.same import Same, find_same
from featx.utils.text import counted


@dataclass(frozen=True)
class Checked:
    """What is known of a corpus once it was listened to.

    Attributes:
        measured: its sounds.
        same: the pairs of utterances that are the same sound.
        findings: what there is to say.
    """

    measured: Measured
    same: list[Same]
    findings: list[Finding]


def check_corpus(utterances: Sequence[Utterance]) -> Checked:
    """Listen to a corpus, unless it was before, and check what is cheap to check.

    Args:
        utterances: the corpus, or those of it that are used.

    Raises:
        Interrupted: on Ctrl-C.
    """
    measured = measure_sounds(utterances)
    same = find_same(utterances, measured.sounds)
    findings = [
        *check_duplicates(utterances, same),
        *_check_readable(utterances, measured),
    ]
    return Checked(measured, same, findings)


def _check_readable(utterances: Sequence[Utterance], measured: Measured) -> list[Finding]:
    failures = measured.failures
    if not failures:
        return []
    count = f"{len(failures):,} of {counted(len(utterances), 'utterance')}"
    reason = next(iter(failures.values())).splitlines()[0]
    text = f"The audio of {count} can't be read, so that it wasn't checked: {reason}"
    return [Finding("audio", "warning", text, (*failures,))]
