"""Confusion matrices, drawn."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from featx.scoring.classes.results import Results
from featx.scoring.text import describe_count
from featx.utils.pictures import STYLE, WIDTH, picture, save

_WRITTEN = 15  # classes at most whose cells hold text
_NAMED = 25  # classes that have room for their names
_SMALLEST, _LARGEST = 6, 7  # points of text
_LONGEST = 16  # characters of a name


@picture
def draw_confusion(results: Results, path: Path) -> None:
    """Draw the confusion matrix, averaged over seeds: as shares of the true class, and counts.

    Args:
        results: the run's results.
        path: where to draw the shares, without an ending; the counts are drawn to the same path
            with `_counts` at its end.
    """
    counts = results.confusion / results.seeds
    shares = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    shown = [f"{share:.0f}" for share in shares.flat]
    _draw_matrix(results.classes, shares, shown, "share of the true class, %", path, 100)
    shown = [describe_count(count) for count in counts.flat]
    most = max(float(counts.max()), 1)
    counted = path.with_name(f"{path.name}_counts")
    _draw_matrix(results.classes, counts, shown, "utterances", counted, most)


def _draw_matrix(
    classes: Sequence[str],
    values: np.ndarray,
    texts: Sequence[str],
    label: str,
    path: Path,
    most: float,
) -> None:
    """Draw values from 0 to `most` as tints, and their texts where there is room."""
    names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in classes]
    step = -(-len(names) // _NAMED)
    named = range(0, len(names), step)
    with mpl.rc_context({**STYLE, "font.size": _LARGEST}):
        figure = Figure((WIDTH, 1.12 * WIDTH), layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(values, cmap="Blues", vmin=0, vmax=most)
        axes.set_xticks(named, names[::step], rotation=90)
        axes.set_yticks(named, names[::step])
        axes.set(xlabel="predicted", ylabel="true")
        figure.colorbar(image, label=label, location="top", aspect=40)
        if size := _text_size(names, texts):
            for ((row, column), value), text in zip(np.ndenumerate(values), texts, strict=True):
                colour = "white" if value > 0.55 * most else "black"
                axes.text(column, row, text, size=size, color=colour, ha="center", va="center")
        save(figure, path)


def _text_size(names: Sequence[str], texts: Sequence[str]) -> float:
    """Return the points of the text in a matrix's cells, 0 if there is no room to read it."""
    cell = (215 - 4.1 * max(map(len, names))) / len(names)  # points; the names stand beside
    size = min(_LARGEST, cell / (0.65 * max(map(len, texts))))  # a digit is 0.64 of it wide
    return size if size >= _SMALLEST and len(names) <= _WRITTEN else 0
