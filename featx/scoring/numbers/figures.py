"""The pictures of predicted numbers: true against predicted, and errors by level."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from featx.scoring.numbers.results import NumberResults
from featx.scoring.numbers.scores import SeedNumbers
from featx.utils.pictures import BLUE, ORANGE, STYLE, WIDTH, picture, save

_POINTS = 5_000  # that are drawn of a dimension


@picture
def draw_scatter(results: NumberResults, seeds: list[SeedNumbers], path: Path) -> None:
    """Draw each test utterance's true and predicted number, of all seeds.

    Args:
        results: the scores of the same predictions.
        seeds: what each seed predicted.
        path: the path of the picture, without an ending.
    """
    truth, found = (np.concatenate([seed[part] for seed in seeds]) for part in range(2))
    step = -(-len(truth) // _POINTS)
    count = len(results.dimensions)
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, WIDTH * count), layout="constrained")
        rows = figure.subplots(count, squeeze=False)[:, 0]
        for place, (axes, name) in enumerate(zip(rows, results.dimensions, strict=True)):
            x, y = truth[:, place], found[:, place]
            ends = [min(x.min(), y.min()), max(x.max(), y.max())]
            axes.plot(ends, ends, color="0.6", linewidth=0.8, linestyle=":")
            axes.plot(
                x[::step], y[::step], ".", color=BLUE, markersize=3, alpha=0.35,
                markeredgewidth=0, rasterized=True,
            )  # fmt: skip
            ccc = results.dimensions[name]["ccc"].mean
            axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
            axes.set_title(f"CCC {ccc:.2f}", size=8)
        save(figure, path)


@picture
def draw_levels(results: NumberResults, path: Path) -> None:
    """Draw each dimension's error in fifths of its true values: its size, and where it tends.

    Args:
        results: the run's results.
        path: the path of the picture, without an ending.
    """
    count = len(results.levels)
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 0.7 * WIDTH * count), layout="constrained")
        rows = figure.subplots(count, squeeze=False)[:, 0]
        for axes, (name, levels) in zip(rows, results.levels.items(), strict=True):
            places = range(len(levels))
            axes.axhline(0, color="0.6", linewidth=0.8)
            axes.plot(places, [own.rmse for own in levels], "o-", color=BLUE, label="RMSE")
            axes.plot(places, [own.bias for own in levels], "s--", color=ORANGE, label="mean error")
            axes.set_xticks(places, [f"{own.low:.3g} to\n{own.high:.3g}" for own in levels])
            axes.set(xlabel=f"true {name}, fifths of the utterances", ylabel="error")
            axes.legend(frameon=False)
        save(figure, path)
