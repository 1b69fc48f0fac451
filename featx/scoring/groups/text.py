"""Scores of groups in words."""

import numpy as np

from featx.scoring.classes.results import NAMES
from featx.scoring.groups.scores import Gap, GroupScores
from featx.scoring.labels.results import NAMES as LABEL_NAMES
from featx.scoring.metrics import Score
from featx.utils.tables import TextTable
from featx.utils.text import counted

UNKNOWN = "–"


def group_table(scores: GroupScores) -> TextTable:
    """Return a row for each group."""
    first, *others = scores.metrics
    header = [*group_header(scores), "utterances", "speakers", "classes"]
    rows = []
    for group in scores.groups:
        score = group.scores[first]
        figures = [describe_score(scores, score), describe_interval(scores, score)]
        figures += [describe_score(scores, group.scores[name]) for name in others]
        counts = (group.utterances, group.speakers, len(group.classes))
        rows.append((group.name, *figures, *(f"{n:,}" if n else UNKNOWN for n in counts)))
    return TextTable(header, rows)


def group_header(scores: GroupScores) -> list[str]:
    """Return the names of the column, of the metrics and of the first one's interval."""
    first, *others = (named_metric(scores, metric) for metric in scores.metrics)
    return [scores.column, first, f"95 % over {scores.resampled}", *others]


def named_metric(scores: GroupScores, metric: str) -> str:
    """Return "UAR, %", "CCC": a metric with its unit."""
    return f"{_name(metric)}{', %' if scores.percent else ''}"


def describe_score(scores: GroupScores, score: Score) -> str:
    """Return "74.1 ± 0.6", "0.713": the mean, and the deviation over seeds if there is one."""
    std = "" if np.isnan(score.std) else f" ± {score.std:{_form(scores)}}"
    return f"{score.mean:{_form(scores)}}{std}"


def describe_interval(scores: GroupScores, score: Score) -> str:
    """Return "70.1 to 75.9", or a dash for a single speaker."""
    form = _form(scores)
    return UNKNOWN if np.isnan(score.low) else f"{score.low:{form}} to {score.high:{form}}"


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
    return [*notes, *(_describe_gap(scores, name, gap) for name, gap in scores.gaps.items())]


def _describe_gap(scores: GroupScores, metric: str, gap: Gap) -> str:
    form, difference = _form(scores), gap.difference
    interval = "no interval"
    if difference.low is not None and difference.high is not None:
        same = "the same drawn for both" if gap.paired else "drawn apart"
        ends = f"{difference.low:+{form}} to {difference.high:+{form}}".replace("-", "−")
        interval = f"95 % {ends} over {scores.resampled}, {same}"
    most = max(len(group.classes) for group in scores.groups)
    over = f"; on the {gap.classes} classes that both have" if gap.classes < most else ""
    of = f"; the largest of {counted(gap.pairs, 'pair')}" if gap.pairs > 1 else ""
    points = " points" if scores.percent else ""
    return (
        f"Largest gap in {_name(metric)} by {scores.column}: {gap.higher} "
        f"{difference.mean:{form}}{points} above {gap.lower} ({interval}{over}{of})."
    )


def _name(metric: str) -> str:
    return {**NAMES, **LABEL_NAMES}.get(metric, metric.upper())


def _form(scores: GroupScores) -> str:
    return ".1f" if scores.percent else ".3f"
