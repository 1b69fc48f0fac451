"""The checks of a corpus that run by themselves, wherever its manifest is made or used."""

from collections.abc import Sequence
from dataclasses import dataclass

from featx.data.checks.duplicates import check_duplicates
from featx.data.checks.finding import Finding
from featx.data.checks.labels import check_labels
from featx.data.checks.sounds.heard import hear
from featx.data.checks.sounds.sounds import check_flaws
from featx.data.checks.speakers import check_speakers
from featx.data.checks.unreadable import check_readable
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured, measure_sounds
from featx.data.sounds.same import Same, find_same


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
        *check_readable(measured.failures, len(utterances)),
        *check_labels(utterances),
        *check_speakers(utterances),
        *check_duplicates(utterances, same),
        *check_flaws(hear(utterances, measured)),
    ]
    return Checked(measured, same, findings)
