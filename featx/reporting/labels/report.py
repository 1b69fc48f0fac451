"""What a report of systems that predict several labels at once shows."""

from collections.abc import Sequence
from pathlib import Path

from featx.comparison.compare_labels import compare_labels
from featx.reporting.content import Report
from featx.reporting.labels.calibration import calibration_panel, calibration_sheet, judge_run
from featx.reporting.labels.errors import SHOWN, common_errors, error_sheet
from featx.reporting.labels.sheets import label_sheet, score_sheet, speaker_sheet, together_sheet
from featx.reporting.labels.thresholds import threshold_panel, threshold_sheet
from featx.reporting.runs import LabelReported
from featx.reporting.sections.by_test_set import (
    bootstrap_sheet,
    difference_sheets,
    group_by_test,
    wrong_section,
)
from featx.reporting.sections.groups import group_section
from featx.reporting.sheets import Section


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
    differences, remarks = difference_sheets(groups, compare_labels, bootstrap_sheet)
    judged = {run.name: judge_run(run) for run in ordered}
    speakers = [sheet for sheet in map(speaker_sheet, ordered) if sheet]
    tables = [
        Section("Results", [score_sheet(groups)]),
        Section("Differences", differences, remarks, "Differences between systems"),
        Section("Labels", list(map(label_sheet, ordered)), arrangement="grid wide"),
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
        Section(
            "Calibration",
            [calibration_sheet(name, labels) for name, labels in judged.items() if labels],
            [
                f"{name}: it has no columns of probabilities from 0 to 1."
                for name in judged
                if not judged[name]
            ],
            title="Calibration of probabilities",
            arrangement="grid",
        ),
        group_section(ordered),
        Section("Speakers", speakers, arrangement="grid small"),
        wrong_section("Errors", groups, page, common_errors, SHOWN, error_sheet),
    ]
    thresholds = list(map(threshold_panel, ordered))
    drawn = [calibration_panel(name, own) for name, labels in judged.items() for own in labels]
    return Report.of(ordered, tables, page, maps, thresholds=thresholds, calibration=drawn)
