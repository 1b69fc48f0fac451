"""Sections of which each test set of several runs has a table, whatever the runs predict."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from featx.comparison.bootstrap import BootstrapComparison
from featx.errors import FeatxError
from featx.reporting.audio import find_audio
from featx.reporting.runs import AnyReported, R, ReportedRun, S
from featx.reporting.sections.cells import difference_cells
from featx.reporting.sheets import Audio, Cell, Section, Sheet
from featx.runs.sources import manifests
from featx.scoring.significance import describe_p
from featx.utils.text import counted, is_warning

RunT = TypeVar("RunT", bound=AnyReported)
Compared = TypeVar("Compared")


def group_by_test(runs: Sequence[ReportedRun[S, R]]) -> list[list[ReportedRun[S, R]]]:
    """Put together the runs that were tested on the same utterances with the same labels."""
    groups: dict[frozenset[tuple[str, str]], list[ReportedRun[S, R]]] = {}
    for run in runs:
        groups.setdefault(frozenset(run.system.labels.items()), []).append(run)
    return list(groups.values())


def common_notes(runs: Sequence[AnyReported]) -> list[str]:
    """Return what is true of all runs, but warnings, which stay with each."""
    if len(runs) < 2:
        return []
    shared = [note for note in runs[0].notes if all(note in run.notes for run in runs)]
    return [note for note in shared if not is_warning(note)]


def describe_tests(group: Sequence[AnyReported], of: str = "") -> str:
    """Return "1,440 utterances in 8 classes, 24 speakers": what the runs of a group were tested on.

    Args:
        group: the runs.
        of: what follows the number of utterances.
    """
    run = group[0]
    tested, speakers = counted(len(run.system.labels), "utterance"), run.results.speakers
    return f"{tested}{of}, {counted(speakers, 'speaker') if speakers else 'speakers unknown'}"


def difference_sheets(
    groups: Sequence[Sequence[RunT]],
    compare: Callable[[Sequence[Any]], Compared],
    draw: Callable[[int, Compared], Sheet],
) -> tuple[list[Sheet], list[str]]:
    """Return a table for each test set of several runs, and what can't be compared and why.

    Args:
        groups: the runs of each test set.
        compare: compares their systems; may raise a FeatxError.
        draw: makes a table of that, given the number of the test set.
    """
    sheets, notes = [], []
    for number, group in enumerate(groups, 1):
        if len(group) < 2:
            notes.append(_alone(number, group[0], len(groups)))
            continue
        try:
            comparison = compare([run.system for run in group])
        except FeatxError as error:  # the systems name different speakers, or learned other things
            notes.append(f"Test set {number}: {error}")
            continue
        sheets.append(draw(number, comparison))
    return sheets, notes


def bootstrap_sheet(number: int, comparison: BootstrapComparison) -> Sheet:
    """Return a row for each pair of systems and each of its parts, such as a dimension."""
    header = ["first", "second", comparison.part, comparison.unit]
    header += [f"95 % over {comparison.resampled}", "p", "Holm p"]
    rows = []
    for pair in comparison.pairs:
        for name, own in pair.parts.items():
            named = map(Cell, (pair.first, pair.second, comparison.named(name)))
            tested = [Cell(""), Cell("")]
            if own is pair.difference:
                tested = [Cell(describe_p(p), p) for p in (pair.p, pair.holm)]
            rows.append([*named, *difference_cells(own, comparison.digits), *tested])
    caption = f"Differences on test set {number}, {counted(comparison.utterances, 'utterance')}"
    return Sheet(caption, header, rows, comparison.reading(), words=3)


def wrong_section(
    name: str,
    groups: Sequence[Sequence[RunT]],
    page: Path,
    find: Callable[[Sequence[Any]], Sequence[Any]],
    most: int,
    draw: Callable[..., Sheet],
) -> Section:
    """Return the utterances that every system gets wrong, with their sound.

    Args:
        name: what the section is called.
        groups: the runs of each test set.
        page: where the page will be.
        find: finds such utterances, by their systems, the worst first.
        most: how many are shown.
        draw: makes a table, given the number of the test set, its runs, what was found, and links
            to sounds by utterance.
    """
    sheets, notes = [], []
    for number, group in enumerate(groups, 1):
        found = find([run.system for run in group])
        if not found:
            notes.append(f"Test set {number}: no utterance that all seeds get wrong.")
            continue
        names = [each.utterance for each in found[:most]]
        links = find_sounds(group, names, page)
        sheets.append(draw(number, group, found, links))
        if missing := len(names) - len(links):
            of = f"{counted(missing, 'utterance')} of the {len(names)} shown"
            notes.append(f"Test set {number}: the audio of {of} is not at hand.")
    return Section(name, sheets, notes, "What every system gets wrong")


def find_sounds(group: Sequence[AnyReported], names: Sequence[str], page: Path) -> dict[str, Audio]:
    """Return links to the sound of utterances, where the manifests of runs lead to it."""
    listed = (path for run in group for path in manifests(run.folder, run.config))
    return find_audio(listed, names, page)


def heard_sheet(
    caption: str,
    header: Sequence[str],
    rows: Mapping[str, Sequence[Cell]],
    links: Mapping[str, Audio],
    words: int,
) -> Sheet:
    """Return a table of utterances, with their sound if any is at hand.

    Args:
        caption: what it shows.
        header: the columns behind the utterance and its sound.
        rows: these cells, by utterance.
        links: links to sounds by utterance.
        words: how many of these columns hold words.
    """
    heard = any(name in links for name in rows)
    return Sheet(
        caption,
        ["utterance", *(["listen"] if heard else []), *header],
        [
            [Cell(name), *([Cell("", audio=links.get(name))] if heard else []), *cells]
            for name, cells in rows.items()
        ],
        words=1 + heard + words,
    )


def every_seed(group: Sequence[AnyReported]) -> str:
    """Return "every seed of all 3 systems", or of the only one."""
    return f"every seed of {f'all {len(group)} systems' if len(group) > 1 else group[0].name}"


def _alone(number: int, run: AnyReported, sets: int) -> str:
    if sets == 1:
        return f"{run.name} is alone; differences take two systems."
    tested = counted(len(run.system.labels), "utterance")
    return (
        f"{run.name} can't be compared: no other system was tested on the {tested} of test set "
        f"{number} with the same labels."
    )
