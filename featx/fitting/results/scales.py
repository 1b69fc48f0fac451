"""How large each layer's features are as they enter the learned average."""

from dataclasses import replace

import numpy as np

from classifiers.statistics import add_up
from featx.fitting.choices import Normalize
from featx.fitting.inputs.data import FitData, prepare
from featx.fitting.inputs.standardise import PLACES, Cells
from featx.protocols.fold import Fold


def layer_scales(cells: Cells, fold: Fold, normalize: Normalize) -> np.ndarray:
    """Return the scale s_i of each layer, frame by frame.

    s_i² is the mean over features of their variance over all training frames; their mean does not
    count, as the bias of the next layer takes it up. Frames are single ones, also where a head
    sees averages of neighbouring frames. Standardised features have variance one, so
    then s_i² is the share of features that vary at all; if every speaker is standardised alone,
    averaged over speakers by their frames.

    Args:
        cells: moments of the store.
        fold: a fold that the cells were made for.
        normalize: "speaker", "corpus", "global" or "none".

    Returns:
        (layers,) float64.
    """
    part = cells.place(fold)
    training = {cell: m for cell, m in cells.moments.items() if cell[part] == "train"}
    if normalize == "none":
        whole = add_up(training.values())
        variances = whole.squares / whole.frames
    else:
        place = PLACES.get(normalize)
        owners = {cell: "" if place is None else cell[place] for cell in training}
        groups = [
            add_up(m for cell, m in training.items() if owners[cell] == owner)
            for owner in sorted(set(owners.values()))
        ]
        frames = [group.frames for group in groups]
        variances = np.average([group.squares > 0 for group in groups], axis=0, weights=frames)
    return np.asarray(np.sqrt(variances.mean(-1)))


def measure_scales(data: FitData, store: int, normalize: Normalize) -> list[np.ndarray]:
    """Return the scales of a store's layers in every fold.

    The moments are those kept beside the store; if there are none, as where nothing was
    standardised, it is read once. They are of whole utterances, whatever `seconds` says.

    Args:
        data: what heads were trained on.
        store: its place among the selections.
        normalize: as for `layer_scales`.

    Returns:
        For each fold (layers,).
    """
    alone = replace(data, selections=(data.selections[store],), copies=None)
    (source,) = prepare(alone, "global", keep=False)
    assert source.cells is not None, "moments are found for all but none"
    return [layer_scales(source.cells, fold, normalize) for fold in data.task.folds]
