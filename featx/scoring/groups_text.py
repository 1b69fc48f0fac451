"""Scores of groups in words."""

import numpy as np

from featx.scoring.groups import Gap, GroupScores
from featx.scoring.metrics import Score
from featx.scoring.results import NAMES
from featx.utils.tables import TextTable
from featx.utils.text import counted, signed

UNKNOWN = "–"


def group_table(scores: GroupScores) -> TextTable:
    """Return a row for each group."""
    first, *others = scores.metrics
    header = [scores.column, f"{NAMES[first]}, %", f"95 % over {scores.resampled}"]
    header += [*(f"{NAMES[name]}, %" for name in others), "utterances", "speakers", "classes"]
    rows = []
    for group in scores.groups:
        score = group.scores[first]
        counts = (f"{group.utterances:,}", *map(_or_dash, (group.speakers, len(group.classes))))
        shown = (str(group.scores[name]) for name in others)
        rows.append((group.name, str(score), describe_interval(score), *shown, *counts))
    return TextTable(header, rows)


def describe_interval(score: Score) -> str:
    """Return "70.1 to 75.9", or a dash for a single speaker."""
    return UNKNOWN if np.isnan(score.low) else f"{score.low:.1f} to {score.high:.1f}"


def _or_dash(count: int) -> str:
    return f"{count:,}" if count else UNKNOWN


def group_notes(scores: GroupScores) -> list[str]:
    """Return what marks groups, and the largest gap in each metric, in sentences."""
    notes = [
        f"{scores.column} {group.name}: {'; '.join(group.marks)}"
        f"{'' if group.compared else '; not compared'}."
        for group in scores.groups
        if group.marks
    ]
    if not scores.gaps:
        return [*notes, f"No two groups by {scores.column} can be compared."]
    return [*notes, *(describe_gap(scores, name, gap) for name, gap in scores.gaps.items())]


def describe_gap(scores: GroupScores, metric: str, gap: Gap) -> str:
    """Return a sentence about the largest gap in a metric."""
    difference = gap.difference
    interval = "no interval"
    if difference.low is not None and difference.high is not None:
        same = "the same drawn for both" if gap.paired else "drawn apart"
        ends = f"{signed(difference.low)} to {signed(difference.high)}"
        interval = f"95 % {ends} over {scores.resampled}, {same}"
    most = max(len(group.classes) for group in scores.groups)
    over = f"; on the {gap.classes} classes that both have" if gap.classes < most else ""
    of = f"; the largest of {counted(gap.pairs, 'pair')}" if gap.pairs > 1 else ""
    return (
        f"Largest gap in {NAMES[metric]} by {scores.column}: {gap.higher} {difference.mean:.1f} "
        f"points above {gap.lower} ({interval}{over}{of})."
    )
