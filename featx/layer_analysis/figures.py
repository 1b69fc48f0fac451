"""The pictures of layers: what heads weigh, and what each layer holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from featx.errors import FeatxError
from featx.layer_analysis.headline import axis_of, chance, headline, thin_lines
from featx.layer_analysis.weights import LayerWeights, all_corrected, average, name_corpora
from featx.scoring.results_file import RunResults
from featx.utils.pictures import STYLE, WIDTH, picture, save

# Okabe and Ito's colours, which colour-blind readers can tell apart, without the yellow, which is
# too light for a line
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^DvPX"  # what is left in grey


@dataclass(frozen=True)
class Line:
    """How one run's layers are drawn.

    Attributes:
        label: its name in the legend and over a column.
        colour: its colour, which the lines of a corpus share if there are several corpora.
        marker: its marker, which no other line has.
        dashed: whether the encoder was fine-tuned for ASR, or was named for it.
    """

    label: str
    colour: str
    marker: str
    dashed: bool


def style_lines(
    weights: Sequence[LayerWeights], dashed: Sequence[str] = (), taken: int = 0
) -> list[Line]:
    """Return how each is drawn, in the manner of Pepino et al. 2021, figure 2.

    Args:
        weights: the weights of all runs.
        dashed: encoders, stores or run names that are dashed too.
        taken: how many colours and markers are used for something else.

    Raises:
        FeatxError: if a name in `dashed` is none of these.
    """
    names = [
        {learned.name, learned.encoder, learned.features, learned.run.name} for learned in weights
    ]
    known = sorted(set().union(*names))
    for name in dashed:
        if name not in known:
            raise FeatxError(f"`dashed={name}`: not among the runs. There is {', '.join(known)}.")
    corpora = name_corpora(weights)
    several, places = len(corpora) > 1, list(corpora)
    labels = _labels(weights, corpora)
    return [
        Line(
            labels[number],
            COLOURS[
                (taken + (places.index(learned.manifest) if several else number)) % len(COLOURS)
            ],
            MARKERS[(taken + number) % len(MARKERS)],
            learned.tuned_for_asr or bool(names[number] & set(dashed)),
        )
        for number, learned in enumerate(weights)
    ]


def _labels(weights: Sequence[LayerWeights], corpora: Mapping[Path, str]) -> list[str]:
    """Return the encoder of each, with as much more as tells them apart."""
    several = len(corpora) > 1
    labels = [f"{w.name}, {corpora[w.manifest]}" if several else w.name for w in weights]
    for more in ("name", "path"):
        counts = Counter(labels)
        labels = [
            f"{learned.name}, {learned.run.name if more == 'name' else learned.run}"
            if counts[label] > 1
            else label
            for label, learned in zip(labels, weights, strict=True)
        ]
    return labels


_PANEL = 0.58 * WIDTH  # inches, the height of one
_GREY = "0.45"
_X = "layer (0: local encoder)"


def draw_layers(weights: Sequence[LayerWeights], path: Path, dashed: Sequence[str] = ()) -> None:
    """Draw the learned weights by layer, and below them those corrected for scale, if that matters.

    Lines are means and bands sample deviations over heads; encoders fine-tuned for ASR are dashed
    and corpora have their colours, as in Pepino et al. 2021, figure 2.

    Args:
        weights: the weights of one run or several.
        path: the path of the picture, without its ending.
        dashed: as for `style_lines`.

    Raises:
        FeatxError: if a name in `dashed` is unknown.
    """
    lines = style_lines(weights, dashed)
    correcting = any(
        learned.scales is not None and not learned.is_of_one_scale for learned in weights
    )
    with mpl.rc_context(STYLE):
        figure, panels = _panels(1 + correcting, len(lines))
        _draw_weights(panels[0], weights, lines, corrected=False)
        if correcting:
            _draw_weights(panels[1], weights, lines, corrected=True)
        panels[-1].set_xlabel(_X)
        _legend(figure, panels[0])
        save(figure, path)


@picture
def draw_probe(
    layers: Sequence[str],
    results: Sequence[RunResults],
    weights_of: Sequence[LayerWeights],
    path: Path,
) -> None:
    """Draw the score of a linear probe by layer, over the weights that heads learned.

    Of several columns of numbers, each has a thin line of its own beside the mean's.

    Args:
        layers: the names of the probed layers.
        results: the scores of each.
        weights_of: what heads made of the same layers; may be empty.
        path: the path of the picture, without its ending.
    """
    numbers = [int(layer) for layer in layers]
    scores = list(map(headline, results))
    means = np.array([score.mean for score in scores])
    below = means - [score.low for score in scores]
    above = [score.high for score in scores] - means
    dimensions = thin_lines(results)
    with mpl.rc_context(STYLE):
        figure, panels = _panels(1 + bool(weights_of), 2 + len(weights_of) + len(dimensions))
        probe = panels[-1]
        probe.errorbar(
            numbers, means, np.maximum((below, above), 0), color=COLOURS[0], marker=MARKERS[0],
            markersize=3, linewidth=1, elinewidth=0.8, capsize=2,
            label="linear probe, 95 % over speakers",
        )  # fmt: skip
        for (name, line), colour in zip(dimensions.items(), cycle(COLOURS[1:])):
            probe.plot(numbers, line, color=colour, linewidth=0.8, linestyle="--", label=name)
        if (guessed := chance(results[0])) is not None:
            probe.axhline(guessed, color=_GREY, linewidth=0.8, linestyle="-.", label="chance")
        probe.set(xlabel=_X, ylabel=axis_of(results[0]))
        if weights_of:
            lines = [  # the first colour is the probe's
                replace(line, label=f"weights of {learned.run.name}")
                for line, learned in zip(style_lines(weights_of, taken=1), weights_of, strict=True)
            ]
            _draw_weights(panels[0], weights_of, lines, corrected=all_corrected(weights_of))
        _ticks(probe, numbers)
        _legend(figure, *panels)
        save(figure, path)


def _panels(count: int, entries: int) -> tuple[Figure, list[Axes]]:
    """Return panels over one another with room for a legend's entries below."""
    height = count * _PANEL + 0.17 * entries + 0.25
    figure = Figure((WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(count, sharex=True, squeeze=False)[:, 0])


def _draw_weights(
    axes: Axes, weights: Sequence[LayerWeights], lines: Sequence[Line], corrected: bool
) -> None:
    for learned, line in zip(weights, lines, strict=True):
        values = learned.corrected if corrected else learned.weights
        if values is None:
            continue
        mean, deviation = average(values)
        spread = np.nan_to_num(deviation)  # of one head there is none
        axes.fill_between(
            learned.numbers,
            mean - spread,
            mean + spread,
            color=line.colour,
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(
            learned.numbers, mean, color=line.colour, marker=line.marker, markersize=3.5,
            linewidth=1, linestyle="--" if line.dashed else "-",
            markerfacecolor="white" if line.dashed else line.colour, label=line.label,
        )  # fmt: skip
    counts = {len(learned.layers) for learned in weights}
    if len(counts) == 1:
        equal = 1 / counts.pop()
        axes.axhline(equal, color=_GREY, linewidth=0.8, linestyle=":", label="all layers equal")
    axes.set_ylabel("weight × scale,\nnormalised" if corrected else "learned weight")
    axes.set_ylim(bottom=0)
    _ticks(axes, sorted({number for learned in weights for number in learned.numbers}))


def _ticks(axes: Axes, numbers: Sequence[int]) -> None:
    """Name at most 13 layers, at even steps from the first."""
    first, last = min(numbers), max(numbers)
    axes.xaxis.set_major_locator(MultipleLocator(-(-(last - first + 1) // 13), offset=first))


def _legend(figure: Figure, *panels: Axes) -> None:
    found = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    columns = 1 if max(map(len, found)) > 26 else 2
    figure.legend(
        list(found.values()), list(found), loc="outside lower center", ncols=columns,
        frameon=False, fontsize=7, handlelength=2.8,
    )  # fmt: skip
