"""Labels that not every speaker has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from featx.data.checks.finding import Finding
from featx.data.label_order import order_labels
from featx.data.manifest import Utterance
from featx.utils.text import listed

FEW = 3  # speakers: training, validation and test need one each
_CHECK = "labels by speaker"


def check_balance(utterances: Sequence[Utterance]) -> list[Finding]:
    """Find labels without some speakers; too few to divide by speaker are a warning."""
    speakers_of: dict[str, set[str]] = defaultdict(set)
    for utterance in utterances:
        if utterance.speaker and utterance.label:
            speakers_of[utterance.label].add(utterance.speaker)
    everyone = len(set().union(*speakers_of.values()))
    lacking = [name for name in order_labels(speakers_of) if len(speakers_of[name]) < everyone]
    few = [name for name in lacking if len(speakers_of[name]) < FEW <= everyone]
    findings = []
    if few:
        text = (
            f"{_by_speakers(few, speakers_of, everyone)}. Training, validation and test can't all "
            "have the label and speakers of their own."
        )
        ids = tuple(u.utterance for u in utterances if u.label in few)
        findings.append(Finding(_CHECK, "warning", text, ids))
    if some := [name for name in lacking if name not in few]:
        findings.append(Finding(_CHECK, "note", f"{_by_speakers(some, speakers_of, everyone)}."))
    return findings


def _by_speakers(labels: Sequence[str], speakers_of: Mapping[str, set[str]], everyone: int) -> str:
    counts = [f"{label} ({len(speakers_of[label]):,})" for label in labels]
    return f"Of {everyone:,} speakers not all have these labels: {listed(counts, 8)}"
