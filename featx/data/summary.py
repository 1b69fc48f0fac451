"""What a manifest holds, for people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from featx.data.audio import duration
from featx.data.label_order import order_labels
from featx.data.manifest import Manifest, Utterance
from featx.utils.text import counted

_UNKNOWN = "unknown"


def summarize(manifest: Manifest) -> str:
    """Describe a manifest: utterances, speakers, hours, and labels by sex or session.

    Args:
        manifest: its audio files' headers are read.

    Returns:
        Lines of text.

    Raises:
        AudioError: if a file can't be read.
    """
    utterances = manifest.utterances
    facts = [counted(len(utterances), "utterance"), *_speakers(utterances)]
    facts.append(f"{_seconds(utterances) / 3600:.2f} h of audio")
    lines = [", ".join(facts), "", *_table(utterances)]
    return "\n".join(lines)


def summary_values(manifest: Manifest) -> dict[str, Any]:
    """Return utterances, speakers, hours and labels of a manifest as JSON values.

    Args:
        manifest: its audio files' headers are read.

    Raises:
        AudioError: if a file can't be read.
    """
    utterances = manifest.utterances
    counts = Counter(utterance.label for utterance in utterances)
    return {
        "utterances": len(utterances),
        "speakers": len({utterance.speaker for utterance in utterances} - {""}),
        "hours": _seconds(utterances) / 3600,
        "labels": {label: counts[label] for label in order_labels(counts) if label},
    }


def _speakers(utterances: Sequence[Utterance]) -> list[str]:
    speakers = {utterance.speaker for utterance in utterances} - {""}
    unknown = sum(not utterance.speaker for utterance in utterances)
    facts = [counted(len(speakers), "speaker")] if speakers else []
    return facts + [f"speaker unknown in {unknown:,} of them"] * bool(unknown)


def _seconds(utterances: Sequence[Utterance]) -> float:
    ends = [duration(u.path) if u.end is None else u.end for u in utterances]
    return sum(end - (u.start or 0.0) for u, end in zip(utterances, ends, strict=True))


def _table(utterances: Sequence[Utterance]) -> list[str]:
    """Return lines that count labels, by group where known, with totals."""
    groups = _groups(utterances)
    counts = Counter(zip((u.label for u in utterances), groups, strict=True))
    columns = sorted(set(groups), key=lambda group: (group == _UNKNOWN, group))
    labels = order_labels(utterance.label for utterance in utterances)
    rows = [("label", *columns, "total")]
    for label in labels:
        row = [counts[label, column] for column in columns]
        rows.append((label or "(no label)", *map(_count, row), _count(sum(row))))
    totals = (_count(groups.count(column)) for column in columns)
    rows.append(("total", *totals, _count(len(utterances))))
    if len(columns) == 1:  # the totals say it
        rows = [(row[0], row[-1]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return ["  ".join(row) for row in cells]


def _groups(utterances: Sequence[Utterance]) -> list[str]:
    """Return each utterance's sex, or its session where no sex is known."""
    sexes = [utterance.extra.get("sex", "") for utterance in utterances]
    sessions = [utterance.session and f"session {utterance.session}" for utterance in utterances]
    return [group or _UNKNOWN for group in (sexes if any(sexes) else sessions)]


def _count(number: int) -> str:
    return f"{number:,}"
