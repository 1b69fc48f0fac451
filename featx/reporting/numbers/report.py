"""What a report of systems that predict numbers shows."""

from collections.abc import Sequence
from pathlib import Path

from featx.comparison.compare_numbers import compare_numbers
from featx.reporting.content import Report
from featx.reporting.numbers.charts import number_charts
from featx.reporting.numbers.mistakes import error_sheet, largest_errors
from featx.reporting.numbers.sheets import level_sheet, score_sheet, speaker_sheet
from featx.reporting.runs import NumberReported
from featx.reporting.sections.by_test_set import (
    bootstrap_sheet,
    difference_sheets,
    find_sounds,
    group_by_test,
)
from featx.reporting.sections.groups import group_section
from featx.reporting.sheets import Section
from featx.utils.text import counted


def gather_numbers(runs: Sequence[NumberReported], page: Path, maps: Sequence[Path] = ()) -> Report:
    """Gather what a page about predicted numbers shows.

    Args:
        runs: the runs to report.
        page: where the page will be, for links to files.
        maps: folders of maps of features.

    Raises:
        FeatxError: if a file of a run or map is damaged, or a folder holds no map.
    """
    groups = group_by_test(runs)
    ordered = [run for group in groups for run in group]
    differences, remarks = difference_sheets(groups, compare_numbers, bootstrap_sheet)
    speakers = [sheet for sheet in map(speaker_sheet, ordered) if sheet]
    tables = [
        Section("Results", [score_sheet(groups)]),
        Section("Differences", differences, remarks, "Differences between systems"),
        Section(
            "Levels",
            list(map(level_sheet, ordered)),
            ["Mean error: predicted less true."],
            "Errors by level, in fifths of the true values",
            "grid",
        ),
        group_section(ordered),
        Section("Speakers", speakers, arrangement="grid small"),
        _mistake_section(groups, page),
    ]
    scatters = [chart for run in ordered for chart in number_charts(run)]
    return Report.of(ordered, tables, page, maps, scatters=scatters)


def _mistake_section(groups: Sequence[Sequence[NumberReported]], page: Path) -> Section:
    """Return the utterances with the largest errors, and their sound."""
    sheets = []
    for number, group in enumerate(groups, 1):
        mistakes = largest_errors(group)
        names = [own.utterance for each in mistakes.values() for own in each]
        links = find_sounds(group, names, page)
        of = counted(len(group[0].system.labels), "utterance")
        sheets += [
            error_sheet(f"Test set {number}: {name}, the largest errors of {of}", own, links)
            for name, own in mistakes.items()
        ]
    notes = [
        "Predictions are means over all seeds and systems of a test set, and the error is that of "
        "this mean: predicted less true."
    ]
    return Section("Mistakes", sheets, notes, "The largest errors")
