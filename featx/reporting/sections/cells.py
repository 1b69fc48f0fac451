"""Cells that tables of several kinds have."""

from featx.comparison.comparison import interval_of
from featx.reporting.sheets import Cell
from featx.runs.cost import Cost, describe_seconds
from featx.scoring.metrics import Score
from featx.scoring.significance import Difference
from featx.utils.text import signed

UNKNOWN = Cell("–", -1000.0)  # is sorted below all that is known


def score_cell(score: Score) -> Cell:
    """Return a score in percent, with its deviation over seeds."""
    return Cell(str(score), score.mean)


def interval_cell(score: Score) -> Cell:
    """Return the interval of a score in percent, drawn too."""
    span = (score.low / 100, score.mean / 100, score.high / 100)
    return Cell(score.interval(".1f"), score.low, span=span)


def bar(percent: float) -> Cell:
    """Return a share in percent, with a bar of its length."""
    return Cell(f"{percent:.1f}", float(percent), share=float(percent) / 100)


def seconds_cell(cost: Cost | None) -> Cell:
    """Return how long training took."""
    return Cell(describe_seconds(cost.seconds), cost.seconds) if cost else UNKNOWN


def difference_cells(difference: Difference, digits: int = 1) -> list[Cell]:
    """Return a difference of two systems and its interval."""
    shown = Cell(signed(difference.mean, digits), difference.mean)
    if difference.low is None:
        return [shown, UNKNOWN]
    return [shown, Cell(interval_of(difference, digits), difference.low)]
