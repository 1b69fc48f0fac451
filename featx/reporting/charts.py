"""Line charts whose numbers become the coordinates of an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from featx.reporting.sheets import Sheet

WIDTH, HEIGHT = 360, 220  # units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 38
Points = Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """Charts with a table of the figures that they show."""

    charts: Sequence["Chart"]
    sheet: Sheet


class Tick(NamedTuple):
    """A mark on an axis: where in the drawing, and what it says."""

    place: float
    text: str


class Line(NamedTuple):
    """One or more lines of one look.

    Attributes:
        look: "one", "two", with "-thin" for single heads; or "even", a help line.
        path: the path of the SVG.
        dots: the places to mark in the drawing.
        name: what the legend calls it; it is left out of the legend if empty.
    """

    look: str
    path: str
    dots: Sequence[tuple[float, float]] = ()
    name: str = ""


@dataclass
class Chart:
    """A chart with two axes.

    Attributes:
        title: what it shows, for those who can't see it too.
        x_name: the name of the horizontal axis, with its unit.
        y_name: the name of the vertical axis, with its unit.
        x_range: the ends of the horizontal axis.
        y_range: the ends of the vertical axis.
        x_names: what the values 0, 1, 2 ... of x are called, if not by their numbers.
        lines: the lines drawn so far, the last on top.
    """

    title: str
    x_name: str
    y_name: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_names: Sequence[str] = ()
    lines: list[Line] = field(default_factory=list)

    def add(self, look: str, several: Sequence[Points], name: str = "", dots: Points = ()) -> None:
        """Draw lines of one look.

        Args:
            look: as in `Line`.
            several: the points of each line.
            name: what the legend calls them.
            dots: points to mark.
        """
        path = "".join(map(self._path, several))
        self.lines.append(Line(look, path, [self._place(point) for point in dots], name))

    @property
    def x_ticks(self) -> list[Tick]:
        """Marks of the horizontal axis."""
        if self.x_names:
            step = -(-len(self.x_names) // 13)
            named = list(enumerate(self.x_names))[::step]
            return [Tick(self._place((x, 0))[0], name) for x, name in named]
        return [Tick(self._place((x, 0))[0], _text(x)) for x in ticks(*self.x_range)]

    @property
    def y_ticks(self) -> list[Tick]:
        """Marks of the vertical axis."""
        return [Tick(self._place((0, y))[1], _text(y)) for y in ticks(*self.y_range)]

    def _place(self, point: tuple[float, float]) -> tuple[float, float]:
        x = _share(point[0], self.x_range) * (WIDTH - LEFT - RIGHT) + LEFT
        y = HEIGHT - BOTTOM - _share(point[1], self.y_range) * (HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    def _path(self, points: Points) -> str:
        places = (self._place(point) for point in points if all(map(math.isfinite, point)))
        return "".join(f"{'L' if n else 'M'}{x:g},{y:g}" for n, (x, y) in enumerate(places))


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round numbers between two ends, about so many."""
    if not high > low:
        return [low]
    places = MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return [float(place) for place in places if low - slack <= place <= high + slack]


def extent(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of an axis that holds 0 and all finite values."""
    finite = values[np.isfinite(values)]
    return 0, float(finite.max()) * 1.05 if finite.size and finite.max() > 0 else 1


def _share(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5


def _text(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")
