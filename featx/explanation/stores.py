"""What the layers and frames of stores add to a logit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StoreContributions:
    """What the layers and frames of a store add.

    Attributes:
        encoder: the encoder or acoustic features.
        layers: names of the layers.
        edges: (frames + 1,) where each frame begins and the last one ends, in seconds.
        values: (layers, frames) float64, what each adds to the logit.
    """

    encoder: str
    layers: Sequence[str]
    edges: np.ndarray
    values: np.ndarray


def over_time(stores: Sequence[StoreContributions]) -> tuple[np.ndarray, np.ndarray]:
    """Return what all layers of all stores add at each time.

    Returns:
        (n + 1,) where pieces of time begin and the last one ends, in seconds, and (n,) what they
        add for each second.
    """
    edges = np.unique(np.concatenate([store.edges for store in stores]))
    added = np.zeros(len(edges))
    for store in stores:
        summed = np.concatenate([[0.0], np.cumsum(store.values.sum(0))])
        added += np.interp(edges, store.edges, summed)
    return edges, np.diff(added) / np.diff(edges)
