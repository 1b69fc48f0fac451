"""One pass over a store before training: features into memory if they fit, moments measured."""

from collections.abc import Sequence
from functools import partial

import torch

from classifiers.statistics import Moments, add_up
from featx.ahead import map_ahead
from featx.fit_data import FitData
from featx.folds import Fold
from featx.memory import available_memory
from featx.progress import progress
from featx.reading import READERS, Reader, Selection
from featx.standardising import (
    Cell,
    Cells,
    moments_file,
    read_moments,
    sort_into_cells,
    write_moments,
)

SHARE = 0.6  # of the available memory that features may take
GIGABYTE = 1e9


def fits_in_memory(data: FitData, limit: float | None) -> bool:
    """Tell whether all chosen features may be kept in memory.

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


def prepare(data: FitData, normalize: str, resident: bool) -> list[tuple[Reader, Cells | None]]:
    """Read what can be kept, and measure what is not known.

    Args:
        data: the features.
        normalize: "none" needs no moments.
        resident: whether to keep the features in memory.

    Returns:
        For each store its reader, and its moments unless nothing is standardised.
    """
    return [_prepare(one, data.folds, normalize, resident) for one in data.selections]


def _prepare(
    selection: Selection, folds: Sequence[Fold], normalize: str, resident: bool
) -> tuple[Reader, Cells | None]:
    cells = sort_into_cells(folds)
    path = moments_file(selection, cells)
    known = None if normalize == "none" else read_moments(path, list(cells))
    unknown = known is None and normalize != "none"
    kept: dict[str, torch.Tensor] = {}
    measured: dict[Cell, list[Moments]] = {cell: [] for cell in cells}
    if resident or unknown:
        order = [(cell, u.utterance) for cell, members in cells.items() for u in members]
        read = partial(_read, selection, unknown)
        title = f"Reading {selection.store.folder.name}"
        threads = max(READERS, torch.get_num_threads())
        with progress(title, len(order), "utterances") as advance:
            for cell, name, features, moments in map_ahead(read, order, threads):
                if resident:
                    kept[name] = features
                if moments:
                    measured[cell] = [add_up([*measured[cell], moments])]
                advance(1)
    if unknown:
        known = {cell: moments for cell, (moments,) in measured.items()}
        write_moments(path, known)
    return Reader(selection, kept), Cells(known, folds) if known else None


def _read(
    selection: Selection, measuring: bool, place: tuple[Cell, str]
) -> tuple[Cell, str, torch.Tensor, Moments | None]:
    cell, name = place
    if not measuring:
        return cell, name, selection.load(name), None
    features, moments = selection.load_measured(name)
    return cell, name, features, moments
