"""The scores of groups of a run, such as women and men, as tables and pictures."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.charts import Chart, Panel
from featx.reporting.runs import Reported
from featx.reporting.sheets import Cell, Section, Sheet
from featx.scoring.groups import Group, GroupScores
from featx.scoring.groups_text import UNKNOWN, describe_interval, group_notes
from featx.scoring.metrics import Score
from featx.scoring.results import NAMES

_LAST = -1000.0  # sorts what is unknown below all that is known
_READING = (
    "A group's interval resamples its own speakers. A gap is measured on the classes that both "
    "groups have. Groups with few speakers or utterances have no part in gaps."
)


def group_section(runs: Sequence[Reported]) -> Section:
    """Return a table for each run and each column that it was scored by."""
    sheets = [_sheet(run.name, scores) for run in runs for scores in run.results.groups]
    if not sheets:
        note = "No run was scored by a column of its manifest."
        return Section("Groups", [], [note], "Scores by group")
    return Section("Groups", sheets, [_READING], "Scores by group")


def group_panels(runs: Sequence[Reported]) -> list[Panel]:
    """Draw the foremost score of each group with its interval."""
    return [_panel(run, scores) for run in runs for scores in run.results.groups]


def _sheet(name: str, scores: GroupScores) -> Sheet:
    first, *others = scores.metrics
    header = [scores.column, f"{NAMES[first]}, %", f"95 % over {scores.resampled}"]
    header += [*(f"{NAMES[metric]}, %" for metric in others), "utterances", "speakers", "classes"]
    rows = [_row(group, first, others) for group in scores.groups]
    caption = f"{name} by {scores.column}"
    return Sheet(caption, header, rows, group_notes(scores), sortable=True)


def _row(group: Group, first: str, others: Sequence[str]) -> list[Cell]:
    score = group.scores[first]
    interval = Cell(UNKNOWN, _LAST)
    if not np.isnan(score.low):
        span = (score.low / 100, score.mean / 100, score.high / 100)
        interval = Cell(describe_interval(score), score.low, span=span)
    counts = (group.utterances, group.speakers, len(group.classes))
    return [
        Cell(group.name),
        _figure(score),
        interval,
        *(_figure(group.scores[metric]) for metric in others),
        *(Cell(f"{count:,}", count) if count else Cell(UNKNOWN, _LAST) for count in counts),
    ]


def _figure(score: Score) -> Cell:
    return Cell(str(score), score.mean)


def _panel(run: Reported, scores: GroupScores) -> Panel:
    metric = scores.metrics[0]
    names = [group.name for group in scores.groups]
    found = [group.scores[metric] for group in scores.groups]
    last = len(names) - 1
    chart = Chart(
        f"{run.name}: {NAMES[metric]} by {scores.column}", scores.column, f"{NAMES[metric]}, %",
        (-0.5, last + 0.5), (0, 100), names,
    )  # fmt: skip
    every = run.results.scores[metric].mean
    chart.add("even", [[(-0.5, every), (last + 0.5, every)]], "all utterances")
    known = [(x, score) for x, score in enumerate(found) if not np.isnan(score.low)]
    chart.add("two-whisker", [[(x, score.low), (x, score.high)] for x, score in known])
    dots = [(x, score.mean) for x, score in enumerate(found)]
    chart.add("two", [], "group, with its 95 % interval", dots=dots)
    return Panel((chart,), _sheet(run.name, scores))
