"""The sheets of a report on corpora that are learned from, each against those that are tested."""

from collections.abc import Sequence

from featx.cross_corpus.cells import Cell as Run
from featx.cross_corpus.cells import pairing_of, setup_of
from featx.cross_corpus.matrix import UNKNOWN, CrossMatrix
from featx.reporting.runs import Reported
from featx.reporting.sheets import Cell, Sheet


def cross_sheets(runs: Sequence[Reported]) -> list[Sheet]:
    """Return a table for each matrix of corpora of which several runs are cells."""
    return [_sheet(matrix) for matrix in find_matrices(runs)]


def find_matrices(runs: Sequence[Reported]) -> list[CrossMatrix]:
    """Put together the runs that differ in nothing but the corpora of training and test."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        pairing = pairing_of(run.config)
        if pairing is not None:
            cell = Run(pairing, run.folder, run.results)
            groups.setdefault(setup_of(run.config, run.results), []).append(cell)
    return [
        CrossMatrix(_title(cells), _corpora(cells), cells)
        for cells in groups.values()
        if len(cells) > 1 and not all(cell.pairing.is_within for cell in cells)
    ]


def _title(cells: Sequence[Run]) -> str:
    return cells[0].results.title.partition(",")[0]


def _corpora(cells: Sequence[Run]) -> list[str]:
    """Return the corpora of a matrix in order: those between which something was learned."""
    between = [cell.pairing for cell in cells if not cell.pairing.is_within]
    return sorted({name for pairing in between for name in pairing.corpora})


def _sheet(matrix: CrossMatrix) -> Sheet:
    rows = [
        [Cell(row), *(_cell(matrix, row, test) for test in matrix.corpora)]
        for row in matrix.rows
        if any(matrix.cell(row, test) for test in matrix.corpora)
    ]
    return Sheet(
        f"{matrix.title}: {matrix.scored}, by the corpus learned from (rows) and the corpus tested "
        "(columns), with the 95 % interval",
        ["learned \\ tested", *matrix.corpora],
        rows,
        [
            f"The tint goes from chance, {matrix.chance:.1f}, to {matrix.best:g}. A corpus tested "
            "on itself is divided as its own protocol says."
        ],
        kind="heat",
    )


def _cell(matrix: CrossMatrix, row: str, test: str) -> Cell:
    score = matrix.score(row, test)
    if score is None:
        return Cell(UNKNOWN)
    share = (score.mean - matrix.chance) / (matrix.best - matrix.chance)
    text = f"{matrix.describe(score)} ({matrix.interval(score)})"
    return Cell(text, score.mean, share=max(0.0, share))
