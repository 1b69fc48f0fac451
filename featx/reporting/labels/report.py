"""What a report of systems that predict several labels at once shows."""

from collections.abc import Sequence
from pathlib import Path

from featx.comparison.labels import compare_labels
from featx.comparison.same_tests import check_same, join_speakers
from featx.errors import FeatxError
from featx.reporting.audio import find_audio
from featx.reporting.curves import F1_NAMES, training_curves
from featx.reporting.group_sheets import group_panels, group_section
from featx.reporting.labels.errors import SHOWN, common_errors, error_sheet
from featx.reporting.labels.sheets import (
    LabelGroup,
    difference_sheet,
    label_sheet,
    score_sheet,
    speaker_sheet,
    together_sheet,
)
from featx.reporting.labels.thresholds import threshold_panel, threshold_sheet
from featx.reporting.layers import layer_weights
from featx.reporting.maps import show_map
from featx.reporting.report import Report, map_section, origin
from featx.reporting.result_sheets import group_by_test
from featx.reporting.runs import LabelReported
from featx.reporting.searches import search_panels, search_section
from featx.reporting.sheets import Section, Sheet
from featx.runs.sources import manifests
from featx.utils.text import counted


def gather_labels(runs: Sequence[LabelReported], page: Path, maps: Sequence[Path] = ()) -> Report:
    """Gather what a page about several labels shows.

    Args:
        runs: the runs to report.
        page: where the page will be, for links to files.
        maps: folders of maps of features.

    Raises:
        FeatxError: if a file of a run or map is damaged, or a folder holds no map.
    """
    groups = group_by_test(runs)
    ordered = [run for group in groups for run in group]
    differences, remarks = _differences(groups)
    speakers = [sheet for sheet in map(speaker_sheet, ordered) if sheet]
    shown = [show_map(folder, page) for folder in maps]
    tables = [
        Section("Results", [score_sheet(groups)]),
        Section("Differences", differences, remarks, "Differences between systems"),
        Section("Labels", list(map(label_sheet, ordered)), arrangement="grid"),
        Section(
            "Together",
            list(map(together_sheet, ordered)),
            ["A row's utterances are those that its label fits."],
            "Labels that go together",
            "grid",
        ),
        Section(
            "Thresholds",
            [threshold_sheet(ordered)],
            ["Test utterances: to look at, not to choose a threshold by."],
            "The probability from which a label is predicted",
        ),
        group_section(ordered),
        Section("Speakers", speakers, arrangement="grid small"),
        _error_section(groups, page),
        *([searched] if (searched := search_section(ordered)) else []),
        *([map_section(shown)] if shown else []),
    ]
    curves = [
        training_curves(run.name, run.folder, F1_NAMES)
        for run in ordered
        if "training" in run.config
    ]
    return Report(
        title=f"{counted(len(runs), 'system')} of speech emotion recognition",
        tables=tables,
        curves=[panel for panel in curves if panel],
        layers=[panel for run in ordered for panel in layer_weights(run)],
        calibration=[],
        groups=group_panels(ordered),
        maps=shown,
        origins=list(map(origin, ordered)),
        searches=search_panels(ordered),
        thresholds=list(map(threshold_panel, ordered)),
    )


def _differences(groups: Sequence[LabelGroup]) -> tuple[list[Sheet], list[str]]:
    """Return a table for each test set of several runs, and what can't be compared and why."""
    sheets, notes = [], []
    for number, group in enumerate(groups, 1):
        if len(group) < 2:
            notes.append(f"{group[0].name} is alone on test set {number}; a difference takes two.")
            continue
        systems = [run.system for run in group]
        try:
            check_same(systems)
            comparison = compare_labels(systems, join_speakers(systems))
        except FeatxError as error:  # they name different speakers or labels
            notes.append(f"Test set {number}: {error}")
            continue
        sheets.append(difference_sheet(number, comparison))
    return sheets, notes


def _error_section(groups: Sequence[LabelGroup], page: Path) -> Section:
    sheets, notes = [], []
    for number, group in enumerate(groups, 1):
        errors = common_errors([run.system for run in group])
        if not errors:
            notes.append(f"Test set {number}: no utterance that all seeds get wrong.")
            continue
        names = [error.utterance for error in errors[:SHOWN]]
        listed = (path for run in group for path in manifests(run.folder, run.config))
        links = find_audio(listed, names, page)
        sheets.append(error_sheet(number, group, errors, links))
        if missing := len(names) - len(links):
            of = f"{counted(missing, 'utterance')} of the {len(names)} shown"
            notes.append(f"Test set {number}: the audio of {of} is not at hand.")
    return Section("Errors", sheets, notes, "What every system gets wrong")
