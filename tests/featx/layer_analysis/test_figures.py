"""Learned weights are drawn as their table has them, in lines that are told apart."""

from pathlib import Path

import numpy as np
import pytest

from featx.layer_analysis.figures import draw_layers, style_lines
from featx.layer_analysis.tables import write_layers
from tests.featx.layer_analysis.layers import made, rows


@pytest.mark.figures
def test_the_weights_picture_shows_its_table(workplace, drawn):
    weights = [made(), made("b", heads=1, layers=6)]
    draw_layers(weights, Path("layers"))
    write_layers(weights, Path("layers.csv"))
    table = rows(Path("layers.csv"))
    for panel, column in zip(drawn[0].axes, ("weight", "corrected"), strict=True):
        for name in "ab":
            (line,) = (line for line in panel.lines if line.get_label() == name)
            expected = [float(row[column]) for row in table if row["encoder"] == name]
            np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-6)
    assert {row["weight_deviation"] for row in table if row["encoder"] == "b"} == {""}


@pytest.mark.figures
def test_weights_without_scales_are_drawn_uncorrected(workplace, drawn):
    draw_layers([made(scaled=False)], Path("layers"))
    assert len(drawn[0].axes) == 1


def test_lines_are_told_apart_as_in_the_paper():
    weights = [
        made("base", "ravdess"), made("base-960h", "ravdess", asr=True),
        made("base", "iemocap"), made("base-960h", "iemocap", asr=True),
    ]  # fmt: skip
    lines = style_lines(weights)
    assert [line.dashed for line in lines] == [False, True, False, True]
    assert lines[0].colour == lines[1].colour != lines[2].colour == lines[3].colour
    assert len({line.marker for line in lines}) == 4  # in grey
    assert len({line.label for line in lines}) == 4
    one_corpus = style_lines([made("a"), made("b"), made("a", run="s")], ["b"])
    assert len({line.colour for line in one_corpus}) == 3
    assert [line.dashed for line in one_corpus] == [False, True, False]
    assert [line.label for line in one_corpus] == ["a, r", "b", "a, s"]
