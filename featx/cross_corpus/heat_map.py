"""The picture of a matrix of corpora."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from featx.utils.pictures import ENDINGS, STYLE, write_picture
from featx.utils.text import shorten

_CELL = 0.85  # inches
_LONGEST = 18  # letters of a corpus's name
_WHITE = 0.55  # of the way from chance to the best: from there on text is white


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    Attributes:
        rows: what is learned from.
        columns: what is tested.
        scores: of each row those of its columns; NaN where there is none.
        texts: what stands in the cells, likewise.
        name: what the scores are.
        ends: the scores at the ends of the tints: chance, and the best that there can be.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    scores: Sequence[Sequence[float]]
    texts: Sequence[Sequence[str]]
    name: str
    ends: tuple[float, float]


def draw_matrix(picture: Picture, path: Path) -> list[Path]:
    """Draw a matrix: each score as a tint, with its interval.

    A corpus tested on itself, whose row and column have one name, has a frame.

    Args:
        picture: what to draw.
        path: where, without an ending.

    Returns:
        The files: PNG, PDF and SVG.
    """
    rows, columns, (low, high) = picture.rows, picture.columns, picture.ends
    with mpl.rc_context({**STYLE, "svg.fonttype": "none"}):
        size = (1.6 + _CELL * len(columns), 1.3 + _CELL * len(rows))
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(picture.scores, cmap="Blues", vmin=low, vmax=high)
        figure.colorbar(image, label=picture.name, location="top", aspect=30, shrink=0.9)
        for (row, column), score in np.ndenumerate(picture.scores):
            colour = "white" if score - low > _WHITE * (high - low) else "black"
            text = picture.texts[row][column]
            axes.text(column, row, text, size=7, color=colour, ha="center", va="center")
            if rows[row] == columns[column]:
                corner = (column - 0.47, row - 0.47)
                frame = Rectangle(corner, 0.94, 0.94, fill=False, edgecolor="0.25", linewidth=1)
                axes.add_patch(frame)
        _name_axes(axes, rows, columns)
        files = [path.with_name(f"{path.name}.{ending}") for ending in (*ENDINGS, "svg")]
        for file in files:
            write_picture(figure, file, dpi=300)
    return files


def _name_axes(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    names_of_columns, names_of_rows = (
        [shorten(name, _LONGEST) for name in names] for names in (columns, rows)
    )
    axes.set_xticks(range(len(columns)), names_of_columns, rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), names_of_rows)
    axes.set(xlabel="tested", ylabel="learned from")
