"""The picture of a matrix of corpora."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from featx.scoring.figures import ENDINGS, STYLE, write_picture
from featx.scoring.metrics import Score
from featx.utils.text import shorten

_CELL = 0.85  # inches
_LONGEST = 18  # letters of a corpus's name
_WHITE = 0.55  # of the way from chance to 100 %: from there on text is white


def draw_matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    scores: Sequence[Sequence[Score | None]],
    name: str,
    chance: float,
    path: Path,
) -> list[Path]:
    """Draw a matrix: each score as a tint from chance to 100 %, with its interval.

    A corpus tested on itself, whose row and column have one name, has a frame.

    Args:
        rows: what is learned from.
        columns: what is tested.
        scores: of each row those of its columns; None where there is none.
        name: what the scores are.
        chance: the score of guessing, in percent.
        path: where to draw, without an ending.

    Returns:
        The files: PNG, PDF and SVG.
    """
    with mpl.rc_context({**STYLE, "svg.fonttype": "none"}):
        size = (1.6 + _CELL * len(columns), 1.3 + _CELL * len(rows))
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        means = [[np.nan if score is None else score.mean for score in own] for own in scores]
        image = axes.imshow(means, cmap="Blues", vmin=chance, vmax=100)
        figure.colorbar(image, label=f"{name}, %", location="top", aspect=30, shrink=0.9)
        for row, own in enumerate(scores):
            for column, score in enumerate(own):
                _write_score(axes, (column, row), score, chance)
                if rows[row] == columns[column]:
                    _frame(axes, (column, row))
        _name_axes(axes, rows, columns)
        files = [path.with_name(f"{path.name}.{ending}") for ending in (*ENDINGS, "svg")]
        for file in files:
            write_picture(figure, file, dpi=300)
    return files


def _write_score(axes: Axes, place: tuple[int, int], score: Score | None, chance: float) -> None:
    if score is None:
        return
    dark = score.mean - chance > _WHITE * (100 - chance)
    text = f"{score}\n({score.low:.1f} to {score.high:.1f})"
    axes.text(*place, text, size=7, color="white" if dark else "black", ha="center", va="center")


def _frame(axes: Axes, place: tuple[int, int]) -> None:
    corner = (place[0] - 0.47, place[1] - 0.47)
    axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor="0.25", linewidth=1))


def _name_axes(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    names_of_columns, names_of_rows = (
        [shorten(name, _LONGEST) for name in names] for names in (columns, rows)
    )
    axes.set_xticks(range(len(columns)), names_of_columns, rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), names_of_rows)
    axes.set(xlabel="tested", ylabel="learned from")
