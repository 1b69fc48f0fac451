"""Labels that go with speakers."""

from collections import defaultdict
from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.labels import order_labels
from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

FEW = 3  # speakers: training, validation and test need one each
_CHECK = "labels by speaker"


def check_balance(utterances: Sequence[Utterance]) -> list[Finding]:
    """Find speakers with a single label, and labels without some speakers."""
    known = [u for u in utterances if u.speaker]
    labels_of: dict[str, set[str]] = defaultdict(set)
    speakers_of: dict[str, set[str]] = defaultdict(set)
    for utterance in known:
        labels_of[utterance.speaker].add(utterance.label)
        speakers_of[utterance.label].add(utterance.speaker)
    if len(speakers_of) < 2 or len(labels_of) < 2:
        return []
    return [*_single(known, labels_of), *_lacking(known, speakers_of, len(labels_of))]


def _single(utterances: Sequence[Utterance], labels_of: dict[str, set[str]]) -> list[Finding]:
    single = sorted(speaker for speaker, labels in labels_of.items() if len(labels) == 1)
    ids = tuple(u.utterance for u in utterances if u.speaker in set(single))
    if not single:
        return []
    if len(single) == len(labels_of):
        text = (
            f"Each of the {len(single):,} speakers has a single label, so that no model can tell "
            "labels from voices. Is the column `speaker` right?"
        )
        return [Finding(_CHECK, "error", text, ids)]
    text = (
        f"{counted(len(single), 'speaker')} of {len(labels_of):,} have a single label: "
        f"{listed(single, 6)}. A model can learn it from the voice."
    )
    return [Finding(_CHECK, "warning", text, ids)]


def _lacking(
    utterances: Sequence[Utterance], speakers_of: dict[str, set[str]], everyone: int
) -> list[Finding]:
    labels = order_labels(speakers_of)
    few = [label for label in labels if len(speakers_of[label]) < FEW <= everyone]
    some = [label for label in labels if len(speakers_of[label]) < everyone and label not in few]
    findings = []
    if few:
        text = (
            f"{_by_speakers(few, speakers_of, everyone)}. Training, validation and test can't all "
            "have the label and speakers of their own."
        )
        ids = tuple(u.utterance for u in utterances if u.label in few)
        findings.append(Finding(_CHECK, "warning", text, ids))
    if some:
        findings.append(Finding(_CHECK, "note", f"{_by_speakers(some, speakers_of, everyone)}."))
    return findings


def _by_speakers(labels: Sequence[str], speakers_of: dict[str, set[str]], everyone: int) -> str:
    counts = [f"{label} ({len(speakers_of[label]):,})" for label in labels]
    return f"Of {everyone:,} speakers not all have these labels: {listed(counts, 8)}"
