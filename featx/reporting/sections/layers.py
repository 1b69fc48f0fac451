"""The learned layer weights of a run, drawn."""

from collections.abc import Sequence

import numpy as np

from featx.layer_analysis.read_weights import find_weights
from featx.layer_analysis.weights import LayerWeights, average
from featx.reporting.charts import Chart, Panel, Points, extent
from featx.reporting.runs import AnyReported
from featx.reporting.sheets import Cell, Sheet


def layer_weights(run: AnyReported) -> list[Panel]:
    """Draw the weights of each store of which a run averages several layers.

    Raises:
        FeatxError: if the run's files are damaged.
    """
    found = find_weights(run.folder) if "head" in run.config else []
    return [_draw(run.name, weights) for weights in found]


def _draw(name: str, weights: LayerWeights) -> Panel:
    title = f"{name}: weights of {weights.features}"
    mean, deviation = average(weights.weights)
    spread = np.nan_to_num(deviation)
    corrected = None
    if weights.corrected is not None and not weights.is_of_one_scale:
        corrected = average(weights.corrected)[0]
    highest = np.concatenate([mean + spread, [] if corrected is None else corrected])
    layers = weights.layers
    chart = Chart(
        title, "layer (0: local encoder)", "weight", (0, len(layers) - 1), extent(highest), layers
    )
    equal = 1 / len(layers)
    chart.add("even", [[(0, equal), (len(layers) - 1, equal)]], "equal weights")
    whiskers = [[(x, m - s), (x, m + s)] for x, (m, s) in enumerate(zip(mean, spread, strict=True))]
    chart.add("two-whisker", whiskers)
    heads = len(weights.weights)
    learned = f"learned, ± deviation of {heads} heads" if heads > 1 else "learned"
    chart.add("two", [_points(mean)], learned, dots=_points(mean))
    if corrected is not None:
        chart.add("one", [_points(corrected)], "corrected for scale")
    return Panel((chart,), _sheet(title, layers, mean, deviation, corrected))


def _points(values: np.ndarray) -> Points:
    return list(enumerate(values.tolist()))


def _sheet(
    title: str,
    layers: Sequence[str],
    mean: np.ndarray,
    deviation: np.ndarray,
    corrected: np.ndarray | None,
) -> Sheet:
    columns = {"weight": mean, "deviation": deviation}
    if corrected is not None:
        columns["corrected for scale"] = corrected
    rows = [
        [Cell(layer), *(Cell(_shown(values[place])) for values in columns.values())]
        for place, layer in enumerate(layers)
    ]
    return Sheet(title, ("layer", *columns), rows)


def _shown(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "–"
