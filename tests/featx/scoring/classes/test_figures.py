"""The confusion matrix as a picture."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from featx.scoring.classes.figures import draw_confusion
from featx.scoring.classes.results import SeedPredictions, score_predictions
from featx.scoring.text import describe_count

pytestmark = pytest.mark.figures
Drawn = dict[str, Figure]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """The figures that are written, by name."""
    figures: Drawn = {}

    def keep(figure: Figure, path: Path) -> None:
        figure.draw_without_rendering()  # lays out
        figures[path.name] = figure

    monkeypatch.setattr("featx.scoring.classes.figures.save", keep)
    return figures


def draw(confusion: np.ndarray, names: int = 7) -> None:
    """Draw a matrix whose classes have names of so many letters."""
    classes = [f"{number:03}".ljust(names, "m") for number in range(len(confusion))]
    seed = SeedPredictions(np.arange(2), np.arange(2), ["a", "b"])
    results = score_predictions("x", classes, [seed], False)
    object.__setattr__(results, "confusion", confusion)
    draw_confusion(results, Path("confusion"))


def shown(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_shares_and_counts_are_pictures_of_one_column(drawn: Drawn) -> None:
    draw(np.array([[2850, 950], [0, 7]]))
    assert {name: shown(figure.axes[0]) for name, figure in drawn.items()} == {
        "confusion": ["75", "25", "0", "100"],
        "confusion_counts": ["2,850", "950", "0", "7"],
    }
    for figure, label in zip(
        drawn.values(), ("share of the true class, %", "utterances"), strict=True
    ):
        assert figure.get_figwidth() == 3.5
        assert figure.axes[1].get_xlabel() == label
        assert all(text.get_fontsize() >= 6 for text in figure.axes[0].texts)


@pytest.mark.parametrize(
    ("classes", "unit", "names", "written"),
    [(4, 1234, 7, True), (8, 15, 9, True), (8, 1234, 9, True), (15, 7, 7, True),
     (15, 1234, 7, False), (8, 1234, 60, False), (16, 1, 3, False)],
)  # fmt: skip
def test_what_is_written_fits(
    drawn: Drawn, classes: int, unit: int, names: int, written: bool
) -> None:
    confusion = unit * np.eye(classes, dtype=int) + 1
    draw(confusion, names)
    axes = drawn["confusion_counts"].axes[0]
    assert shown(axes) == ([describe_count(count) for count in confusion.flat] if written else [])
    cell = axes.get_window_extent().width / classes
    assert all(text.get_window_extent().width <= cell for text in axes.texts)
    marks = [text.get_window_extent() for text in axes.get_yticklabels()]
    assert not any(mark.overlaps(other) for mark in marks for other in marks if mark is not other)


@pytest.mark.parametrize("classes", [41, 120])
def test_many_classes_make_a_plain_picture(drawn: Drawn, classes: int) -> None:
    draw(np.eye(classes, dtype=int))
    for figure in drawn.values():
        axes = figure.axes[0]
        assert shown(axes) == []
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            assert 10 < len(labels) <= 25
            assert [label.get_text()[:3] for label in labels] == [
                f"{number:03}" for number in range(0, classes, -(-classes // 25))
            ]
