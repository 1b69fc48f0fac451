"""The weights that models learned for layers, as a run keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from featx.runs.files import LAYER_WEIGHTS
from featx.scoring.predictions import rounded
from featx.utils.files import write_csv


@dataclass(frozen=True)
class AveragedStore:
    """A store whose layers the heads average.

    Attributes:
        name: the store's name, which no other store has.
        layers: the names of the chosen layers.
    """

    name: str
    layers: Sequence[str]


class Averaging(Protocol):
    """A model of a run: a head of a fit, or a fine-tuned model."""

    @property
    def seed(self) -> int:
        """What it was trained from."""

    @property
    def fold(self) -> int:
        """The number of its fold."""

    @property
    def layer_weights(self) -> Sequence[Tensor]:
        """The weights of each store's layers, (layers,)."""


def write_layer_weights(
    stores: Sequence[AveragedStore], members: Sequence[Averaging], folder: Path
) -> None:
    """Write `layer_weights.csv`, a row for each layer of each store and model.

    Args:
        stores: the stores whose layers the models average.
        members: the models.
        folder: the run's.
    """
    rows = (
        (member.seed, member.fold, store.name, layer, *rounded([weight]))
        for member in members
        for store, weights in zip(stores, member.layer_weights, strict=True)
        for layer, weight in zip(store.layers, weights.tolist(), strict=True)
    )
    header = ("seed", "fold", "features", "layer", "weight")
    write_csv(folder / LAYER_WEIGHTS, header, rows)
