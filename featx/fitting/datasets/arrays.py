"""Pooled features as arrays, for scikit-learn and everything like it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cache import FeatureStore
from classifiers.choices import MomentPooling
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.fitting.datasets.labelled import Labelled, open_labelled
from featx.fitting.inputs.moments import find_moments
from featx.utils.arguments import checked


class PooledFeatures(NamedTuple):
    """A row for each utterance of a manifest, in its order.

    Attributes:
        features: (utterances, layers · dim) float32, twice as wide with the deviation; the means
            of the first layer, of the second and so on, then the deviations in the same way.
        labels: (utterances,) text.
        speakers: (utterances,) text, empty where unknown: groups that a division must not part.
    """

    features: np.ndarray
    labels: np.ndarray
    speakers: np.ndarray


@checked
def pooled_features(
    features: str | Path | FeatureStore | None = None,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    layers: str | int | Sequence[int] = "all",
    pooling: MomentPooling = "mean+deviation",
) -> PooledFeatures:
    """Return the mean, and deviation, over time of each utterance's stored features.

    They are measured once and kept beside the store. Nothing is standardised: that belongs to the
    training utterances of a division.

    Args:
        features: the store or its folder; by default the only one of the manifest.
        manifest: the CSV with the labels, or a manifest that is loaded already.
        layers: which layers of an encoder, as for `featx.fit`.
        pooling: "mean", or "mean+deviation", the population one.

    Returns:
        Features, labels and speakers, a row for each utterance.

    Raises:
        FeatxError: if the manifest or store can't be used, utterances have no features, or the
            store has no deviations.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.model_selection import GroupKFold, cross_val_score
        >>> x, y, speakers = featx.pooled_features("features/manifest/encoder")
        >>> scores = cross_val_score(
        ...     LogisticRegression(max_iter=1000), x, y, groups=speakers, cv=GroupKFold(3)
        ... )
    """
    labelled = open_labelled(features, manifest, layers, apart=True)
    utterances = labelled.utterances
    rows = [values.reshape(len(utterances), -1) for values in pool(labelled, pooling)]
    return PooledFeatures(
        np.concatenate(rows, 1).astype(np.float32),
        np.array([utterance.label for utterance in utterances]),
        np.array([utterance.speaker for utterance in utterances]),
    )


def pool(labelled: Labelled, pooling: MomentPooling) -> list[np.ndarray]:
    """Return what frames are pooled to: their means, and deviations if they are asked for.

    Args:
        labelled: features of a manifest's utterances, with means and deviations taken apart.
        pooling: as for `pooled_features`.

    Returns:
        Each (utterances, layers, dim) float64.

    Raises:
        FeatxError: if the store has no deviations.
    """
    store = labelled.store
    if pooling == "mean+deviation" and store.identity.pool == "mean":
        raise FeatxError(
            f"`pooling='mean+deviation'`: {store.folder} has the means of frames alone. Take "
            "`pooling='mean'`."
        )
    moments = find_moments(labelled.selection, labelled.names, keep=True)
    pooled = [np.stack([moments[name].mean for name in labelled.names])]
    if pooling == "mean+deviation":
        squares = [moments[name].squares / moments[name].frames for name in labelled.names]
        pooled.append(np.sqrt(np.stack(squares)))
    return pooled
