"""Maps of features on a page: points that can be seen, named and heard."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from featx.layer_analysis.maps.columns import order_values
from featx.layer_analysis.maps.feature_map import AVERAGE, METHODS, FeatureMap, read_map
from featx.layer_analysis.maps.silhouettes import Silhouette
from featx.reporting.audio import find_audio
from featx.reporting.charts import Chart
from featx.reporting.sheets import Cell, Sheet
from featx.runs.read import locate
from featx.utils.text import counted

LOOKS = 8  # that charts and points have
_SIDE = 1000  # what places are measured in on the page


class ShownMap(NamedTuple):
    """A map as a page shows it.

    Attributes:
        title: what is mapped.
        method: how it was made.
        layers: what can be chosen, the first at first.
        columns: what points can be coloured by.
        data: what its script draws.
        chart: silhouettes by layer; None if there is a single layer.
        sheet: the same as a table.
    """

    title: str
    method: str
    layers: Sequence[str]
    columns: Sequence[str]
    data: dict[str, Any]
    chart: Chart | None
    sheet: Sheet


def show_map(folder: Path, page: Path) -> ShownMap:
    """Return a map as a page shows it.

    Args:
        folder: what `featx map` wrote.
        page: where the page will be, for links to sounds.

    Raises:
        FeatxError: if there is no map in it, or it is damaged.
    """
    drawn = read_map(folder)
    manifest = locate(folder, drawn.manifest)
    links = find_audio([manifest] if manifest else [], drawn.utterances, page)
    layers = drawn.layers[-1:] + drawn.layers[:-1]  # their average first
    data = {
        "names": drawn.utterances,
        "sounds": [links[name].url if name in links else "" for name in drawn.utterances],
        "columns": {name: _values(name, cells) for name, cells in drawn.columns.items()},
        "places": {layer: _whole(drawn.places[layer]) for layer in layers},
    }
    shown = counted(len(drawn.utterances), "utterance")
    return ShownMap(
        f"Features of {drawn.features}, {shown} of {Path(drawn.manifest).name}",
        f"{METHODS[drawn.method]} {drawn.neighbours}, {drawn.metric}, seed {drawn.seed}",
        layers,
        list(drawn.columns),
        data,
        _chart(drawn),
        _sheet(drawn),
    )


def _values(name: str, cells: Sequence[str]) -> dict[str, Any]:
    """Return the values of a column, and the place of each utterance's; -1 if it is unknown."""
    values = order_values(name, cells)
    places = {value: place for place, value in enumerate(values)}
    return {"values": values, "places": [places.get(cell, -1) for cell in cells]}


def _whole(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return x, y, x, y ... from 0 to 1000, in equal units and y downwards."""
    places = np.array(points)
    middle = (places.max(0) + places.min(0)) / 2
    half = float((places.max(0) - places.min(0)).max()) / 2 or 1.0
    scaled = (places - middle) / half * (1, -1)
    return np.asarray(np.rint((scaled + 1) * _SIDE / 2), int).ravel().tolist()


def _chart(drawn: FeatureMap) -> Chart | None:
    layers = [layer for layer in drawn.layers if layer != AVERAGE]
    if len(layers) < 2:
        return None
    rows = {name: own[: len(layers)] for name, own in drawn.silhouettes.items()}
    chart = Chart(
        f"Silhouettes by layer ({drawn.metric})",
        "layer (0: local encoder)",
        "silhouette",
        (-0.3, len(layers) - 0.7),
        _heights(score for own in rows.values() for score in own),
        layers,
    )
    chart.add("even", [[(-0.3, 0), (len(layers) - 0.7, 0)]])
    for number, (name, own) in enumerate(rows.items()):
        look = f"look-{number % LOOKS}"
        shift = 0.06 * (number - (len(rows) - 1) / 2)  # so that intervals are seen
        points = [(place + shift, score.mean) for place, score in enumerate(own)]
        reach = [
            [(place + shift, score.low), (place + shift, score.high)]
            for place, score in enumerate(own)
            if score.low is not None and score.high is not None
        ]
        chart.add(f"{look} whisker", reach)
        chart.add(look, [points], name, dots=points)
    return chart


def _heights(scores: Iterable[Silhouette]) -> tuple[float, float]:
    """Return the least and greatest height of a chart that shows scores, their intervals and 0."""
    each = ((score.mean, score.low, score.high) for score in scores)
    ends = [end for three in each for end in three if end is not None]
    slack = 0.05 * (max(ends) - min(ends)) or 0.05
    return min(0, *ends) - slack, max(0, *ends) + slack


def _sheet(drawn: FeatureMap) -> Sheet:
    rows = [
        [Cell(layer), *(Cell(str(own[place])) for own in drawn.silhouettes.values())]
        for place, layer in enumerate(drawn.layers)
    ]
    caption = f"Silhouettes of {drawn.features} by layer, {Path(drawn.manifest).name}"
    return Sheet(caption, ("layer", *drawn.silhouettes), rows, drawn.notes)
