"""The tables of systems that predict numbers: scores, differences, errors by level and speaker."""

from collections.abc import Sequence

import numpy as np

from featx.comparison.comparison import Comparison
from featx.comparison.number_systems import NumberSystem, numbers_of
from featx.comparison.numbers import NumberPair, compare_numbers
from featx.comparison.same_tests import check_same, join_speakers
from featx.reporting.by_test_set import difference_sheets
from featx.reporting.result_sheets import common_notes
from featx.reporting.runs import NumberReported, protocol
from featx.reporting.sheets import Cell, Sheet
from featx.runs.cost import describe_seconds
from featx.scoring.metrics import Score
from featx.scoring.significance import Difference, describe_p
from featx.scoring.text import describe_count
from featx.utils.text import counted, signed

NumberGroup = Sequence[NumberReported]
_UNKNOWN, _LAST = "–", -1000.0  # what sorts below all that is known


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
            *(f"Test set {number}: {_describe(group)}." for number, group in enumerate(groups, 1)),
        ],
        sortable=True,
        words=2,
    )


def _score_rows(number: int, run: NumberReported, common: Sequence[str]) -> list[list[Cell]]:
    results, cost = run.results, run.cost
    shared = [
        Cell(str(results.seeds), results.seeds),
        Cell(describe_seconds(cost.seconds), cost.seconds) if cost else Cell(_UNKNOWN, _LAST),
        Cell(protocol(run) or _UNKNOWN),
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
        none = [Cell("", _LAST)] * 4
        rows.append([Cell(run.name), Cell("mean"), *_ccc(results.scores["ccc"]), *none, *shared])
    return rows


def _ccc(score: Score) -> list[Cell]:
    low, mean, high = (min(max(value, 0), 1) for value in (score.low, score.mean, score.high))
    return [
        Cell(f"{score:.3f}", score.mean),
        Cell(score.interval(".3f"), score.low, span=(low, mean, high)),
    ]


def _describe(group: NumberGroup) -> str:
    results = group[0].results
    speakers = counted(results.speakers, "speaker") if results.speakers else "speakers unknown"
    return f"{counted(len(group[0].system.labels), 'utterance')}, {speakers}"


def number_differences(groups: Sequence[NumberGroup]) -> tuple[list[Sheet], list[str]]:
    """Return a table for each test set of several runs, and what can't be compared and why."""
    return difference_sheets(groups, _compare, _difference_sheet)


def _compare(systems: Sequence[NumberSystem]) -> Comparison:
    check_same(systems)
    return compare_numbers(systems, join_speakers(systems))


def _difference_sheet(number: int, comparison: Comparison) -> Sheet:
    rows = [row for pair in comparison.pairs for row in _pair_rows(pair)]
    header = ["first", "second", "dimension", "CCC", f"95 % over {comparison.resampled}"]
    caption = f"Differences on test set {number}, {counted(comparison.utterances, 'utterance')}"
    return Sheet(caption, [*header, "p", "Holm p"], rows, comparison.reading(), words=3)


def _pair_rows(pair: object) -> list[list[Cell]]:
    assert isinstance(pair, NumberPair), "numbers were compared"
    several = len(pair.dimensions) > 1
    named = [Cell(pair.first), Cell(pair.second)]
    tested = [Cell(describe_p(pair.p), pair.p), Cell(describe_p(pair.holm), pair.holm)]
    of = Cell("mean" if several else next(iter(pair.dimensions)))
    rows = [[*named, of, *_difference(pair.difference), *tested]]
    for name, own in pair.dimensions.items() if several else ():
        rows.append([*named, Cell(name), *_difference(own), Cell(""), Cell("")])
    return rows


def _difference(own: Difference) -> list[Cell]:
    interval = Cell(_UNKNOWN, _LAST)
    if own.low is not None and own.high is not None:
        interval = Cell(f"{signed(own.low, 3)} to {signed(own.high, 3)}", own.low)
    return [Cell(signed(own.mean, 3), own.mean), interval]


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
    system, dimensions = run.system, list(run.results.dimensions)
    known = [name for name in system.labels if system.speakers[name]]
    if not known:
        return None
    speakers, owners = np.unique([system.speakers[name] for name in known], return_inverse=True)
    each = []
    for seed in system.seeds:
        numbers = numbers_of(seed, known, system.speakers)
        squares = np.square(numbers.predictions - numbers.truth)
        each.append([np.sqrt(squares[owners == n].mean(0)) for n in range(len(speakers))])
    errors = np.mean(each, 0)
    rows = [
        [Cell(str(speaker)), *_bars(own, errors.max(0)), Cell(str(int(count)), int(count))]
        for speaker, own, count in zip(speakers, errors, np.bincount(owners), strict=True)
    ]
    header = ("speaker", *(f"RMSE {name}" for name in dimensions), "utterances")
    return Sheet(run.name, header, rows, kind="bars", sortable=True)


def _bars(errors: np.ndarray, most: np.ndarray) -> list[Cell]:
    return [
        Cell(f"{error:.4g}", float(error), share=float(error / (largest or 1)))
        for error, largest in zip(errors, most, strict=True)
    ]
