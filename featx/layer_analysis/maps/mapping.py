"""From stored features to a map of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from classifiers.choices import MomentPooling
from featx.fitting.datasets.arrays import pool
from featx.fitting.datasets.labelled import Labelled
from featx.layer_analysis.maps.choices import MapMethod, Metric
from featx.layer_analysis.maps.columns import Column
from featx.layer_analysis.maps.feature_map import AVERAGE, FeatureMap, Point
from featx.layer_analysis.maps.projection import lay_out
from featx.layer_analysis.maps.silhouettes import Silhouette, find_silhouette, measure_distances
from featx.utils.progress import progress


def draw_map(
    labelled: Labelled,
    columns: Sequence[Column],
    listed: int,
    manifest: Path,
    *,
    method: MapMethod,
    neighbours: int,
    metric: Metric,
    pooling: MomentPooling,
    seed: int,
) -> FeatureMap:
    """Lay utterances out by each layer and by all, and measure how far groups lie apart.

    Args:
        labelled: the features of the utterances, with means and deviations taken apart.
        columns: how they are grouped.
        listed: how many utterances there are, of which these may be a sample.
        manifest: where they are listed.
        method: as for `lay_out`.
        neighbours: as for `lay_out`.
        metric: how far utterances are from each other.
        pooling: what the frames of an utterance are pooled to.
        seed: of what is drawn at random.

    Raises:
        FeatxError: if the store has no deviations, which are asked for.
    """
    features = np.concatenate(pool(labelled, pooling), 2)
    speakers = _speakers(labelled)
    places: dict[str, tuple[Point, ...]] = {}
    scores: dict[str, list[Silhouette]] = {column.name: [] for column in columns}
    names = labelled.selection.layers
    with progress("Mapping", len(names) + (len(names) > 1), "layers") as advance:
        for name, values in _by_layer(names, features):
            distances = measure_distances(values, metric)
            for column in columns:
                scores[column.name].append(find_silhouette(distances, column.places, speakers))
            found = lay_out(values, method, metric, neighbours, seed)
            places[name] = tuple((round(x, 3), round(y, 3)) for x, y in found.tolist())
            advance(1)
    store = labelled.selection.store
    return FeatureMap(
        manifest=str(manifest),
        features=str(store.folder),
        encoder=store.identity.encoder,
        method=method,
        neighbours=neighbours,
        metric=metric,
        pooling=pooling,
        seed=seed,
        listed=listed,
        utterances=tuple(labelled.names),
        columns={
            column.name: tuple(u.column(column.name) for u in labelled.utterances)
            for column in columns
        },
        places=places,
        silhouettes={name: tuple(own) for name, own in scores.items()},
    )


def _by_layer(names: Sequence[str], features: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each layer's features standardised, and then the average of all, if there are several.

    Args:
        names: the layers.
        features: (utterances, layers, dim).
    """
    total = np.zeros((len(features), features.shape[2]))
    for place, name in enumerate(names):
        values = _standardised(features[:, place])
        total += values
        yield name, values
    if len(names) > 1:
        yield AVERAGE, _standardised(total)


def _standardised(values: np.ndarray) -> np.ndarray:
    deviation = values.std(0)
    return np.asarray((values - values.mean(0)) / np.where(deviation > 0, deviation, 1))


def _speakers(labelled: Labelled) -> np.ndarray | None:
    """Return a number for each utterance's speaker; None if not all are known, or there is one."""
    names = [utterance.speaker for utterance in labelled.utterances]
    if not all(names) or len(set(names)) < 2:
        return None
    return np.asarray(np.unique(names, return_inverse=True)[1])
