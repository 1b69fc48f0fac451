"""Searches of settings in a report: how trials went, what was chosen, and what mattered."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from featx.reporting.charts import Chart, Panel
from featx.reporting.runs import AnyReported
from featx.reporting.sections.curves import Names, names_of
from featx.reporting.sheets import Cell, Section, Sheet
from featx.runs.files import IMPORTANCE, TRIALS, TUNING
from featx.runs.read import damaged
from featx.utils.csv_files import read_table

_KNOWN = ("fold", "trial", "validation_score")  # and after them the settings
_READING = (
    "The settings of each fold were chosen by inner folds of its training and validation "
    "utterances, those of “all” by inner folds of all utterances, for use. A chosen trial's "
    "validation score is the best of many and too high: the score of the search is that of the "
    "run, under Results."
)
_MATTERED = (
    "Importance: the share of a setting alone in how validation scores vary over the space "
    "(functional ANOVA), as the mean over searches; pruned trials count with what they had."
)


class _Search(NamedTuple):
    """The trials of a fold's search: the best score so far after each, from the first on."""

    fold: str
    best: Sequence[float]


def search_section(runs: Sequence[AnyReported]) -> Section | None:
    """Return what was chosen, and what mattered, in the runs that searched; None if none did.

    Raises:
        FeatxError: if a file of a run is damaged.
    """
    sheets = [
        sheet for run in filter(_searched, runs) for sheet in (_chosen(run), *_importance(run))
    ]
    return Section("Searches", sheets, [_READING], "Searches of settings") if sheets else None


def search_panels(runs: Sequence[AnyReported]) -> list[Panel]:
    """Draw the best validation score so far by trial, in each run that searched.

    Raises:
        FeatxError: if a file of a run is damaged.
    """
    return list(map(_panel, filter(_searched, runs)))


def _searched(run: AnyReported) -> bool:
    return {"search", "head"} <= run.config.keys()  # votes search too, and have no head


def _read(run: AnyReported, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    path = run.folder / name
    table = read_table(path, columns)
    table.problems.refuse(path)
    return [row for _, row in table.rows()]


def _score(run: AnyReported, name: str, row: dict[str, str]) -> float:
    try:
        return float(row["validation_score"]) * names_of(run.results).size
    except ValueError as error:
        raise damaged(run.folder / name, str(error)) from None


def _chosen(run: AnyReported) -> Sheet:
    rows = _read(run, TUNING, _KNOWN)
    settings = [name for name in rows[0] if name not in _KNOWN]
    names = names_of(run.results)
    return Sheet(
        f"{run.name}: what each fold chose",
        ("fold", "trial", names.score, *settings),
        [
            [
                Cell(row["fold"]),
                Cell(row["trial"]),
                Cell(f"{_score(run, TUNING, row):{names.form}}"),
                *(Cell(_short(row[name])) for name in settings),
            ]
            for row in rows
        ],
    )


def _short(value: str) -> str:
    """Return a number with three significant digits, and anything else as it is."""
    try:
        return f"{float(value):.3g}"
    except ValueError:
        return value


def _importance(run: AnyReported) -> list[Sheet]:
    """Return a table of what mattered; none if there were too few trials to tell."""
    if not (run.folder / IMPORTANCE).exists():
        return []
    shares: dict[str, list[float]] = {}
    try:
        for row in _read(run, IMPORTANCE, ("fold", "setting", "importance")):
            shares.setdefault(row["setting"], []).append(float(row["importance"]))
    except ValueError as error:
        raise damaged(run.folder / IMPORTANCE, str(error)) from None
    rows = []
    for setting, own in sorted(shares.items(), key=lambda item: -np.mean(item[1])):
        mean = float(np.mean(own))
        spread = f"{100 * min(own):.0f} to {100 * max(own):.0f}"
        rows.append([Cell(setting), Cell(f"{100 * mean:.0f}", mean, share=mean), Cell(spread)])
    header = ("setting", "importance, %", "lowest to highest")
    return [Sheet(f"{run.name}: what mattered", header, rows, [_MATTERED], kind="bars")]


def _searches(run: AnyReported) -> list[_Search]:
    """Return the best score of complete trials so far, for each search; NaN while there is none."""
    best: dict[str, list[float]] = {}
    for row in _read(run, TRIALS, (*_KNOWN, "state")):
        so_far = best.setdefault(row["fold"], [])
        last = so_far[-1] if so_far else np.nan
        score = _score(run, TRIALS, row) if row["state"] == "complete" else np.nan
        so_far.append(float(np.fmax(last, score)))
    return [_Search(fold, scores) for fold, scores in best.items()]


def _panel(run: AnyReported) -> Panel:
    names, searches = names_of(run.results), _searches(run)
    scores = np.array([score for search in searches for score in search.best])
    low, high = np.nanmin(scores), np.nanmax(scores)
    slack = 0.05 * (high - low) or 0.05 * names.size
    trials = max(len(search.best) for search in searches)
    title = f"{run.name}: best {names.score.removesuffix(', %')} so far, by trial"
    ends = (float(low - slack), float(high + slack))
    chart = Chart(title, "trial", f"best {names.score}", (1, max(trials, 2)), ends)
    *folds, last = [list(enumerate(search.best, 1)) for search in searches]
    chart.add("one", folds, "searches of folds")
    chart.add("two", [last], "search on all utterances")
    return Panel((chart,), _trial_sheet(run.name, searches, names))


def _trial_sheet(name: str, searches: Sequence[_Search], names: Names) -> Sheet:
    trials = max(len(search.best) for search in searches)
    rows = [
        [
            Cell(str(trial + 1)),
            *(Cell(_shown(search.best, trial, names.form)) for search in searches),
        ]
        for trial in range(trials)
    ]
    header = ("trial", *(f"{search.fold}" for search in searches))
    return Sheet(f"{name}: best {names.score} so far, by fold", header, rows)


def _shown(scores: Sequence[float], place: int, form: str) -> str:
    known = place < len(scores) and np.isfinite(scores[place])
    return f"{scores[place]:{form}}" if known else "–"
