"""Lines and axes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.reporting.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, extent, ticks

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(FINITE, st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_inside(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert 2 <= len(marks) <= 7
    assert all(low - 1e-6 * width <= mark <= low + width * (1 + 1e-6) for mark in marks)
    step = marks[1] - marks[0]
    assert any(f"{step:.2g}".replace(".", "").lstrip("0")[0] == digit for digit in "125")


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 3)), min_size=2, max_size=20))
def test_lines_stay_between_the_axes(points: list[tuple[float, float]]) -> None:
    chart = Chart("t", "x", "y", (0, 9), (0, 3))
    chart.add("one", [points], dots=points)
    places = [
        tuple(map(float, pair)) for pair in re.findall(r"([\d.]+),([\d.]+)", chart.lines[0].path)
    ]
    assert len(places) == len(points)
    assert places == chart.lines[0].dots
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y in places)


def test_larger_values_are_drawn_higher_and_further_right() -> None:
    chart = Chart("t", "x", "y", (0, 9), (0, 3))
    chart.add("one", [[(1, 1), (2, 2)]])
    assert re.fullmatch(r"M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)", chart.lines[0].path)
    x1, y1, x2, y2 = map(float, re.findall(r"[\d.]+", chart.lines[0].path))
    assert x2 > x1
    assert y2 < y1


def test_gaps_are_left_out() -> None:
    chart = Chart("t", "x", "y", (0, 9), (0, 3))
    chart.add("one", [[(0, np.nan), (1, 1), (2, 2)]])
    assert "nan" not in chart.lines[0].path
    assert chart.lines[0].path.startswith("M")


@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [-1.0]])
def test_an_axis_always_has_a_length(values: list[float]) -> None:
    low, high = extent(np.array(values))
    assert high > low
