"""One pass over the stores before training: moments measured, features moved to a GPU."""

from collections.abc import Sequence

import torch

from classifiers.statistics import Moments
from featx.ahead import map_ahead
from featx.fit_data import FitData
from featx.folds import Fold
from featx.memory import available_memory
from featx.progress import progress
from featx.reading import Reader, Selection
from featx.standardising import (
    Cell,
    Cells,
    moments_file,
    read_moments,
    sort_into_cells,
    write_moments,
)

SHARE = 0.6  # of the available memory that features may take


def fits_in_memory(data: FitData, limit: float | None) -> bool:
    """Tell whether all chosen features may stay in memory.

    Args:
        data: the features.
        limit: bytes they may take; by default a share of what is available.
    """
    if limit is None:
        device = data.selections[0].device
        on_gpu = device.type == "cuda"
        available = torch.cuda.mem_get_info(device)[0] if on_gpu else available_memory()
        limit = SHARE * available
    return data.nbytes() <= limit


def prepare(data: FitData, normalize: str, keep: bool) -> list[tuple[Reader, Cells | None]]:
    """Measure what is not known, and move features to a GPU if that is where heads train.

    Args:
        data: the features.
        normalize: "none" needs no moments.
        keep: whether features may stay in memory.

    Returns:
        For each store its reader, and its moments unless nothing is standardised.
    """
    prepared = []
    for selection in data.selections:
        cells = None if normalize == "none" else _find_moments(selection, data.folds, keep)
        moves = selection.device.type == "cuda" and keep
        names = [one.utterance for one in data.utterances] if moves else []
        prepared.append((Reader(selection, keep, {n: selection.read(n) for n in names}), cells))
    return prepared


def _find_moments(selection: Selection, folds: Sequence[Fold], keep: bool) -> Cells:
    """Return the moments kept beside the store, or measure them on all cores."""
    cells = sort_into_cells(folds)
    path = moments_file(selection, cells)
    known = read_moments(path, list(cells))
    if known is None:
        known = {}
        order = [(cell, one.utterance) for cell, members in cells.items() for one in members]

        def measure(place: tuple[Cell, str]) -> tuple[Cell, Moments]:
            cell, name = place
            selection.expect(name)
            moments = selection.measure(name)
            if not keep:
                selection.release(name)
            return cell, moments

        title = f"Measuring {selection.store.folder.name}"
        with progress(title, len(order), "utterances") as advance:
            for cell, moments in map_ahead(measure, order, torch.get_num_threads()):
                known[cell] = known[cell] + moments if cell in known else moments
                advance(1)
        write_moments(path, known)
    return Cells(known, folds)
