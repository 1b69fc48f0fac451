"""The pictures of a fit: the learned weights of layers, and how heads trained."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from featx.fitting.heads.member import Member
from featx.fitting.results.layer_weights import AveragedStore, Averaging
from featx.utils.pictures import BLUE, ORANGE, STYLE, WIDTH, picture, save


@picture
def draw_layer_weights(
    members: Sequence[Averaging], stores: Sequence[AveragedStore], path: Path
) -> None:
    """Draw the learned weight of each layer: mean and deviation over seeds and folds.

    Args:
        members: the heads.
        stores: the stores whose layers they average; a store with a single layer is left out.
        path: the path of the picture, without an ending.
    """
    several = {place: store for place, store in enumerate(stores) if len(store.layers) > 1}
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 0.62 * WIDTH * len(several)), layout="constrained")
        rows = figure.subplots(len(several), squeeze=False)[:, 0]
        for axes, (place, store) in zip(rows, several.items(), strict=True):
            weights = np.stack([member.layer_weights[place].numpy() for member in members])
            _draw_weights(axes, store.layers, weights)
            axes.set_title(store.name if len(several) > 1 else "")
        save(figure, path)


def _draw_weights(axes: Axes, layers: Sequence[str], weights: np.ndarray) -> None:
    axes.axhline(1 / len(layers), color="0.6", linewidth=0.8, linestyle=":", label="equal weights")
    axes.errorbar(
        range(len(layers)), weights.mean(0), weights.std(0), color=BLUE, marker="o", capsize=2,
        markersize=3, linewidth=1, label="learned, ± deviation over heads",
    )  # fmt: skip
    step = -(-len(layers) // 13)
    axes.set_xticks(range(0, len(layers), step), layers[::step])
    axes.set(xlabel="layer (0: local encoder)", ylabel="weight")
    axes.set_ylim(0, 1.4 * (weights.mean(0) + weights.std(0)).max())
    axes.legend(frameon=False, loc="upper right", fontsize=7)


@picture
def draw_training(members: Sequence[Member], loss: str, path: Path) -> None:
    """Draw each head's training and validation loss by epoch, and where it stopped best.

    Args:
        members: the heads.
        loss: what the loss is called.
        path: the path of the picture, without an ending.
    """
    with mpl.rc_context(STYLE):
        figure = Figure((WIDTH, 0.75 * WIDTH), layout="constrained")
        axes = figure.subplots()
        for member in members:
            epochs = [epoch.epoch for epoch in member.history]
            train = [epoch.train_loss for epoch in member.history]
            validation = [epoch.validation_loss for epoch in member.history]
            axes.plot(epochs, train, color=BLUE, linewidth=0.6, alpha=0.6, linestyle="--")
            axes.plot(epochs, validation, color=ORANGE, linewidth=0.8, alpha=0.7)
            best = member.best_epoch
            axes.plot(best.epoch, best.validation_loss, "o", color=ORANGE, markersize=3)
        axes.plot([], [], color=BLUE, linestyle="--", label="training")
        axes.plot([], [], color=ORANGE, marker="o", markersize=3, label="validation, best marked")
        axes.legend(frameon=False)
        axes.set(xlabel="epoch", ylabel=loss)
        save(figure, path)
