"""What a report of systems that predict classes shows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from featx.reporting.classes.calibration import (
    Calibrated,
    calibration_panel,
    calibration_sheet,
    find_calibration,
)
from featx.reporting.classes.run_sheets import (
    SHOWN,
    class_sheet,
    common_mistakes,
    confusion_sheet,
    mistake_sheet,
    speaker_sheet,
)
from featx.reporting.classes.sheets import class_differences, result_sheet, vote_sheet
from featx.reporting.content import Report
from featx.reporting.runs import Reported
from featx.reporting.sections.by_test_set import group_by_test, wrong_section
from featx.reporting.sections.cross_corpus import cross_sheets
from featx.reporting.sections.groups import group_section
from featx.reporting.sheets import Section


def gather_classes(runs: Sequence[Reported], page: Path, maps: Sequence[Path] = ()) -> Report:
    """Gather what a page about classes shows.

    Args:
        runs: the runs to report.
        page: where the page will be, for links to files.
        maps: folders of maps of features.

    Raises:
        FeatxError: if a file of a run or map is damaged, or a folder holds no map.
    """
    groups = group_by_test(runs)
    ordered = [run for group in groups for run in group]
    differences, remarks = class_differences(groups)
    votes = vote_sheet(ordered)
    found = ((run, find_calibration(run)) for run in ordered)
    judged = {run.name: calibrated for run, calibrated in found if calibrated}
    tables = [
        Section("Results", [result_sheet(groups)]),
        Section("Corpora", cross_sheets(ordered), title="Corpora learned from, and corpora tested"),
        *([Section("Votes", [votes], title="Annotators' votes")] if votes else []),
        Section("Differences", differences, remarks, "Differences between systems"),
        Section(
            "Confusions",
            list(map(confusion_sheet, ordered)),
            title="Confusion matrices",
            arrangement="grid",
        ),
        _calibration_section(ordered, judged),
        group_section(ordered),
        Section("Classes", list(map(class_sheet, ordered)), arrangement="grid small"),
        _speaker_section(ordered),
        wrong_section("Mistakes", groups, page, common_mistakes, SHOWN, mistake_sheet),
    ]
    panels = list(map(calibration_panel, judged.values()))
    return Report.of(ordered, tables, page, maps, calibration=panels)


def _calibration_section(runs: Sequence[Reported], judged: Mapping[str, Calibrated]) -> Section:
    sheets = [calibration_sheet(list(judged.values()))] if judged else []
    unknown = [run.name for run in runs if run.name not in judged]
    notes = [f"No probabilities of {name} are known." for name in unknown]
    return Section("Calibration", sheets, notes, "Calibration of probabilities")


def _speaker_section(runs: Sequence[Reported]) -> Section:
    sheets = [(run.name, speaker_sheet(run)) for run in runs]
    unknown = [name for name, sheet in sheets if sheet is None]
    notes = [f"No speakers are known for {', '.join(unknown)}."] if unknown else []
    known = [sheet for _, sheet in sheets if sheet]
    return Section("Speakers", known, notes, arrangement="grid small")
