"""The scores of groups of a run, such as women and men, as tables and pictures."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.charts import Chart, Panel
from featx.reporting.runs import AnyReported
from featx.reporting.sections.cells import UNKNOWN
from featx.reporting.sheets import Cell, Section, Sheet
from featx.scoring.groups.scores import Group, GroupScores
from featx.scoring.groups.text import (
    describe_interval,
    describe_score,
    group_header,
    group_notes,
    named_metric,
)
from featx.scoring.metrics import Score

_READING = (
    "A group's interval resamples its own speakers. A gap is measured on the classes that both "
    "groups have. Groups with few speakers or utterances have no part in gaps."
)


def group_section(runs: Sequence[AnyReported]) -> Section:
    """Return a table for each run and each column that it was scored by."""
    sheets = [_sheet(run.name, scores) for run in runs for scores in run.results.groups]
    if not sheets:
        note = "No run was scored by a column of its manifest."
        return Section("Groups", [], [note], "Scores by group")
    return Section("Groups", sheets, [_READING], "Scores by group")


def group_panels(runs: Sequence[AnyReported]) -> list[Panel]:
    """Draw the foremost score of each group with its interval."""
    return [_panel(run, scores) for run in runs for scores in run.results.groups]


def _sheet(name: str, scores: GroupScores) -> Sheet:
    header = [*group_header(scores), "utterances", "speakers", "classes"]
    rows = [_row(scores, group) for group in scores.groups]
    caption = f"{name} by {scores.column}"
    return Sheet(caption, header, rows, group_notes(scores), sortable=True)


def _row(scores: GroupScores, group: Group) -> list[Cell]:
    first, *others = (group.scores[metric] for metric in scores.metrics)
    counts = (group.utterances, group.speakers, len(group.classes))
    return [
        Cell(group.name),
        Cell(describe_score(scores, first), first.mean),
        _interval(scores, first),
        *(Cell(describe_score(scores, score), score.mean) for score in others),
        *(Cell(f"{count:,}", count) if count else UNKNOWN for count in counts),
    ]


def _interval(scores: GroupScores, score: Score) -> Cell:
    if np.isnan(score.low):
        return UNKNOWN
    whole = 100 if scores.percent else 1
    low, mean, high = (max(0.0, value) / whole for value in (score.low, score.mean, score.high))
    span = (low, mean, high)
    return Cell(describe_interval(scores, score), score.low, span=span)


def _panel(run: AnyReported, scores: GroupScores) -> Panel:
    """Draw a dot and an interval for each group, and a line for all utterances together."""
    metric = scores.metrics[0]
    names = [group.name for group in scores.groups]
    found = [group.scores[metric] for group in scores.groups]
    ends = (-0.5, len(names) - 0.5)
    named = named_metric(scores, metric)
    title = f"{run.name}: {named.removesuffix(', %')} by {scores.column}"
    lows = [score.low for score in found if not np.isnan(score.low)]
    values = (min([0.0, *lows]), 100 if scores.percent else 1)
    chart = Chart(title, scores.column, named, ends, values, names)
    every = run.results.scores[metric].mean
    chart.add("even", [[(x, every) for x in ends]], "all utterances")
    known = [(x, score) for x, score in enumerate(found) if not np.isnan(score.low)]
    chart.add("two-whisker", [[(x, score.low), (x, score.high)] for x, score in known])
    dots = [(x, score.mean) for x, score in enumerate(found)]
    chart.add("two", [], "group, with its 95 % interval", dots=dots)
    return Panel((chart,), _sheet(run.name, scores))
