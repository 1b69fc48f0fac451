"""What a report of systems that predict numbers shows."""

from collections.abc import Sequence
from pathlib import Path

from featx.comparison.numbers import compare_numbers
from featx.reporting.audio import find_audio
from featx.reporting.by_test_set import bootstrap_sheet, difference_sheets
from featx.reporting.curves import CCC_NAMES, training_curves
from featx.reporting.group_sheets import group_panels, group_section
from featx.reporting.layers import layer_weights
from featx.reporting.maps import show_map
from featx.reporting.numbers.charts import number_charts
from featx.reporting.numbers.mistakes import error_sheet, largest_errors
from featx.reporting.numbers.sheets import (
    level_sheet,
    score_sheet,
    speaker_sheet,
)
from featx.reporting.report import Report, map_section, origin
from featx.reporting.runs import NumberReported
from featx.reporting.searches import search_panels, search_section
from featx.reporting.sheets import Section
from featx.runs.sources import manifests
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
    tested: dict[frozenset[tuple[str, str]], list[NumberReported]] = {}
    for run in runs:
        tested.setdefault(frozenset(run.system.labels.items()), []).append(run)
    groups = list(tested.values())
    ordered = [run for group in groups for run in group]
    shown = [show_map(folder, page) for folder in maps]
    tables = [*_sections(groups, ordered, page), *([map_section(shown)] if shown else [])]
    curves = [
        training_curves(run.name, run.folder, CCC_NAMES)
        for run in ordered
        if "training" in run.config
    ]
    return Report(
        f"{counted(len(runs), 'system')} of speech emotion recognition",
        tables,
        [panel for panel in curves if panel],
        [panel for run in ordered for panel in layer_weights(run)],
        [],
        group_panels(ordered),
        shown,
        list(map(origin, ordered)),
        searches=search_panels(ordered),
        scatters=[chart for run in ordered for chart in number_charts(run)],
    )


def _sections(
    groups: Sequence[Sequence[NumberReported]], ordered: Sequence[NumberReported], page: Path
) -> list[Section]:
    """Return the tables of the page, but for those of maps.

    Args:
        groups: the runs of each test set.
        ordered: all runs, in the same order.
        page: where the page will be.
    """
    differences, remarks = difference_sheets(groups, compare_numbers, bootstrap_sheet)
    speakers = [sheet for sheet in map(speaker_sheet, ordered) if sheet]
    return [
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
        *([searched] if (searched := search_section(ordered)) else []),
    ]


def _mistake_section(groups: Sequence[Sequence[NumberReported]], page: Path) -> Section:
    """Return the utterances with the largest errors, and their sound."""
    sheets = []
    for number, group in enumerate(groups, 1):
        mistakes = largest_errors(group)
        listed = (path for run in group for path in manifests(run.folder, run.config))
        names = [own.utterance for each in mistakes.values() for own in each]
        links = find_audio(listed, names, page)
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
