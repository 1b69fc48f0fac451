"""The tables of scores and of what sets systems apart."""

from collections.abc import Sequence

from featx.comparison.compare_classes import ClassComparison, ClassPair, compare_classes
from featx.reporting.runs import Reported, protocol
from featx.reporting.sections.by_test_set import common_notes, describe_tests, difference_sheets
from featx.reporting.sections.cells import (
    UNKNOWN,
    difference_cells,
    interval_cell,
    score_cell,
    seconds_cell,
)
from featx.reporting.sheets import Cell, Sheet
from featx.runs.cost import describe_parameters
from featx.scoring.classes.results import NAMES
from featx.scoring.significance import describe_p
from featx.scoring.text import describe_count
from featx.utils.text import counted

_READING = (
    "UAR: the first's mean less the second's, in points; the interval draws the same for both.",
    "McNemar: exact, two-sided, on the utterances that only one recognised; with several seeds the "
    "counts are medians and p is twice the median p of all pairs of seeds. It takes utterances as "
    "independent, which a speaker's are not.",
)
_DISJOINT = {True: "shared", False: "disjoint", None: "unknown"}
Group = Sequence[Reported]


def result_sheet(groups: Sequence[Group]) -> Sheet:
    """Return a row for each run, those of a test set together."""
    runs = [(number, run) for number, group in enumerate(groups, 1) for run in group]
    header = ["system", "UAR, %", "95 % interval", "WA, %", "macro F1, %", "seeds", "trained"]
    header += ["training", "protocol", "speakers", *(["test set"] if len(groups) > 1 else [])]
    common = common_notes([run for _, run in runs])
    notes = [f"All systems: {note}" for note in common]
    for number, group in enumerate(groups, 1):
        tested = describe_tests(group, f" in {len(group[0].results.classes)} classes")
        notes.append(f"Test set{f' {number}' if len(groups) > 1 else ''}: {tested}.")
    if len(groups) > 1:
        notes.append("Scores on different test sets can't be compared.")
    return Sheet(
        "Scores on test data: mean ± deviation over seeds, and the interval of the UAR. Trained: "
        "parameters of one model. Training: time of all models. Speakers: whether those of "
        "training and test are disjoint",
        header,
        [_result_row(number, run, common)[: len(header)] for number, run in runs],
        notes,
        sortable=True,
    )


def vote_sheet(runs: Sequence[Reported]) -> Sheet | None:
    """Return how close each run comes to the annotators' votes; None if no run learned them."""
    rows = [
        [
            Cell(run.name),
            Cell(f"{votes.jensen_shannon:.3f}", votes.jensen_shannon.mean),
            Cell(votes.jensen_shannon.interval(".3f"), votes.jensen_shannon.low),
            score_cell(votes.top2),
            Cell(votes.top2.interval(".1f"), votes.top2.low),
        ]
        for run in runs
        if (votes := run.results.votes)
    ]
    if not rows:
        return None
    return Sheet(
        "Test data against how annotators voted: mean ± deviation over seeds",
        ["system", "Jensen-Shannon, bits", "95 % interval", "top-2, %", "95 % interval"],
        rows,
        [
            "Jensen-Shannon: the divergence of the probabilities from the votes, in bits, averaged "
            "over utterances: 0 where both are the same, 1 where they have no class in common. "
            "Top-2: how often the class with most votes is among the two most probable."
        ],
        sortable=True,
    )


def class_differences(groups: Sequence[Group]) -> tuple[list[Sheet], list[str]]:
    """Return a table for each test set of several runs, and what can't be compared and why."""
    sheets, notes = difference_sheets(groups, compare_classes, _difference_sheet)
    return sheets, [*(_READING if sheets else ()), *notes]


def _result_row(number: int, run: Reported, common: Sequence[str]) -> list[Cell]:
    uar, *others = (run.results.scores[name] for name in NAMES)
    cost = run.cost
    return [
        Cell(run.name, lines=[note for note in run.notes if note not in common]),
        score_cell(uar),
        interval_cell(uar),
        *map(score_cell, others),
        Cell(str(run.results.seeds), run.results.seeds),
        Cell(describe_parameters(cost.parameters_trained), cost.parameters_trained)
        if cost
        else UNKNOWN,
        seconds_cell(cost),
        Cell(protocol(run) or UNKNOWN.text),
        Cell(_DISJOINT[run.results.speakers_shared]),
        Cell(str(number), number),
    ]


def _difference_sheet(number: int, comparison: ClassComparison) -> Sheet:
    over = f"95 % over {comparison.resampled}"
    several = len(comparison.pairs) > 1
    holm = f"Holm: p adjusted for {len(comparison.pairs)} pairs of systems."
    header = ["first", "second", "UAR, points", over, "only first", "only second", "McNemar p"]
    return Sheet(
        f"Differences on test set {number}, {counted(comparison.utterances, 'utterance')}",
        [*header, *(["Holm p"] if several else [])],
        [_pair_row(pair, several) for pair in comparison.pairs],
        [holm] if several else [],
        sortable=several,
        words=2,
    )


def _pair_row(pair: ClassPair, several: bool) -> list[Cell]:
    return [
        Cell(pair.first),
        Cell(pair.second),
        *difference_cells(pair.difference),
        *(Cell(describe_count(count), count) for count in pair.counts),
        Cell(describe_p(pair.p), pair.p),
        *([Cell(describe_p(pair.holm), pair.holm)] if several else []),
    ]
