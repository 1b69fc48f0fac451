"""The picture of silhouettes by layer."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from featx.layer_analysis.figures import COLOURS, MARKERS
from featx.layer_analysis.maps.feature_map import AVERAGE, FeatureMap
from featx.utils.pictures import STYLE, WIDTH, picture, save

_NAMED = 13  # layers at most that are named


@picture
def draw_separability(drawn: FeatureMap, path: Path) -> None:
    """Draw a line for each column over the layers, with intervals over speakers.

    Args:
        drawn: the map.
        path: the path of the picture, without its ending.
    """
    layers = [layer for layer in drawn.layers if layer != AVERAGE]
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 0.7 * WIDTH), layout="constrained")
        axes = figure.subplots()
        axes.axhline(0, color="0.45", linewidth=0.8, linestyle=":")
        for number, (column, scores) in enumerate(drawn.silhouettes.items()):
            own = scores[: len(layers)]
            means = [score.mean for score in own]
            reach = [0 if score.high is None else score.high - score.mean for score in own]
            shift = 0.08 * (number - (len(drawn.silhouettes) - 1) / 2)  # so that bars are seen
            axes.errorbar(
                np.arange(len(layers)) + shift, means, reach, label=column, markersize=3,
                color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)],
                linewidth=1, elinewidth=0.8, capsize=2 if any(reach) else 0,
            )  # fmt: skip
        named = range(0, len(layers), -(-len(layers) // _NAMED))
        axes.set_xticks(named, [layers[place] for place in named])
        axes.set(xlabel="layer (0: local encoder)", ylabel=f"silhouette, {drawn.metric}")
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=7)
        save(figure, path)
