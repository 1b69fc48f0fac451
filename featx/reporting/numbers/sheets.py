"""The tables of systems that predict numbers: scores, differences, errors by level and speaker."""

from collections.abc import Sequence

import numpy as np

from featx.reporting.runs import NumberReported, protocol
from featx.reporting.sections.by_test_set import common_notes, describe_tests
from featx.reporting.sections.cells import UNKNOWN, seconds_cell
from featx.reporting.sheets import Cell, Sheet
from featx.scoring.metrics import Score
from featx.scoring.text import describe_count

NumberGroup = Sequence[NumberReported]


def score_sheet(groups: Sequence[NumberGroup]) -> Sheet:
    """Return a row for each dimension of each run, and for their mean where there are several."""
    header = ["system", "dimension", "CCC", "95 % interval", "Pearson", "RMSE", "95 % of RMSE"]
    header += ["deviation", "seeds", "training", "protocol", "test set"]
    common = common_notes([run for group in groups for run in group])
    rows = [
        row[: len(header) - (len(groups) == 1)]
        for number, group in enumerate(groups, 1)
        for run in group
        for row in _score_rows(number, run, common)
    ]
    return Sheet(
        "Scores on test data: mean ± deviation over seeds, and intervals. RMSE and the deviation "
        "of the true values, which is the RMSE of always predicting the mean, are in the column's "
        "unit",
        header[: len(header) - (len(groups) == 1)],
        rows,
        [
            *(f"All systems: {note}" for note in common),
            *(f"Test set {n}: {describe_tests(group)}." for n, group in enumerate(groups, 1)),
        ],
        sortable=True,
        words=2,
    )


def _score_rows(number: int, run: NumberReported, common: Sequence[str]) -> list[list[Cell]]:
    results = run.results
    shared = [
        Cell(str(results.seeds), results.seeds),
        seconds_cell(run.cost),
        Cell(protocol(run) or UNKNOWN.text),
        Cell(str(number), number),
    ]
    rows = []
    for place, (name, scores) in enumerate(results.dimensions.items()):
        notes = [note for note in run.notes if place == 0 and note not in common]
        named = [Cell(run.name, lines=notes), Cell(name)]
        rmse, spread = scores["rmse"], results.deviations[name]
        errors = [
            Cell(f"{scores['pearson']:.3f}", scores["pearson"].mean),
            Cell(f"{rmse:.4g}", rmse.mean),
            Cell(rmse.interval(".4g"), rmse.low),
            Cell(f"{spread:.4g}", spread),
        ]
        rows.append([*named, *_ccc(scores["ccc"]), *errors, *shared])
    if len(rows) > 1:
        none = [Cell("", UNKNOWN.key)] * 4
        rows.append([Cell(run.name), Cell("mean"), *_ccc(results.scores["ccc"]), *none, *shared])
    return rows


def _ccc(score: Score) -> list[Cell]:
    low, mean, high = (min(max(value, 0), 1) for value in (score.low, score.mean, score.high))
    return [
        Cell(f"{score:.3f}", score.mean),
        Cell(score.interval(".3f"), score.low, span=(low, mean, high)),
    ]


def level_sheet(run: NumberReported) -> Sheet:
    """Return the errors in fifths of the true values; bars are RMSE beside the largest."""
    rows = []
    for name, levels in run.results.levels.items():
        most = max(level.rmse for level in levels) or 1.0
        rows += [
            [
                Cell(name),
                Cell(f"{level.low:.4g} to {level.high:.4g}", level.low),
                Cell(f"{level.rmse:.4g}", level.rmse, share=level.rmse / most),
                Cell(f"{level.bias:+.4g}", level.bias),
                Cell(describe_count(level.utterances), level.utterances),
            ]
            for level in levels
        ]
    header = ("dimension", "true value", "RMSE", "mean error", "utterances")
    return Sheet(run.name, header, rows, kind="bars")


def speaker_sheet(run: NumberReported) -> Sheet | None:
    """Return the RMSE of each speaker, mean over seeds; None if no speaker is known."""
    system = run.system
    known = [name for name in system.labels if system.speakers[name]]
    if not known:
        return None
    speakers, owners = np.unique([system.speakers[name] for name in known], return_inverse=True)
    each = []
    for seed in system.scored(known):
        squares = np.square(seed.predictions - seed.truth)
        each.append([np.sqrt(squares[owners == n].mean(0)) for n in range(len(speakers))])
    errors = np.mean(each, 0)
    rows = [
        [Cell(str(speaker)), *_bars(own, errors.max(0)), Cell(str(int(count)), int(count))]
        for speaker, own, count in zip(speakers, errors, np.bincount(owners), strict=True)
    ]
    header = ("speaker", *(f"RMSE {name}" for name in system.predicted), "utterances")
    return Sheet(run.name, header, rows, kind="bars", sortable=True)


def _bars(errors: np.ndarray, most: np.ndarray) -> list[Cell]:
    return [
        Cell(f"{error:.4g}", float(error), share=float(error / (largest or 1)))
        for error, largest in zip(errors, most, strict=True)
    ]
