"""The picture of a matrix of corpora."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from featx.cross_corpus.matrix import UNKNOWN, CrossMatrix
from featx.scoring.figures import ENDINGS, STYLE, write_picture
from featx.scoring.results import NAMES
from featx.utils.text import shorten

_CELL = 0.85  # inches
_LONGEST = 18  # letters of a corpus's name


def draw_matrix(matrix: CrossMatrix, path: Path) -> list[Path]:
    """Draw the matrix: each cell's score as a tint from chance to 100 %, with its interval.

    A corpus tested on itself has a frame.

    Args:
        matrix: what to draw.
        path: where, without an ending.

    Returns:
        The files: PNG, PDF and SVG.
    """
    rows, columns = len(matrix.rows), len(matrix.corpora)
    with mpl.rc_context({**STYLE, "svg.fonttype": "none"}):
        size = (1.6 + _CELL * columns, 1.3 + _CELL * rows)
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        _draw_cells(axes, matrix)
        name = f"{NAMES.get(matrix.metric, matrix.metric)}, %"
        figure.colorbar(axes.images[0], label=name, location="top", aspect=30, shrink=0.9)
        files = [path.with_name(f"{path.name}.{ending}") for ending in (*ENDINGS, "svg")]
        for file in files:
            write_picture(figure, file, dpi=300)
    return files


def _draw_cells(axes: Axes, matrix: CrossMatrix) -> None:
    values = [
        [score.mean if (score := matrix.score(row, test)) else float("nan") for test in columns]
        for row in matrix.rows
        for columns in [matrix.corpora]
    ]
    low = matrix.chance
    axes.imshow(values, cmap="Blues", vmin=low, vmax=100)
    for place, row in enumerate(matrix.rows):
        for column, test in enumerate(matrix.corpora):
            score = matrix.score(row, test)
            tint = 0 if score is None else (score.mean - low) / (100 - low)
            colour = "white" if tint > 0.55 else "black"
            text = UNKNOWN
            if score is not None:
                text = f"{score}\n({score.low:.1f} to {score.high:.1f})"
            axes.text(column, place, text, size=7, color=colour, ha="center", va="center")
            if row == test:
                frame = Rectangle((column - 0.47, place - 0.47), 0.94, 0.94, fill=False)
                frame.set(edgecolor="0.25", linewidth=1)
                axes.add_patch(frame)
    names = [shorten(name, _LONGEST) for name in matrix.rows]
    axes.set_xticks(
        range(len(matrix.corpora)), names[: len(matrix.corpora)], rotation=30, ha="right"
    )
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="tested", ylabel="learned from")
