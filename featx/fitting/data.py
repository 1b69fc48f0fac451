"""From a config to what heads train on: utterances, folds, features and their statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from cache import FeatureStore
from classifiers.batch import Branch, Examples
from classifiers.shape import InputShape
from classifiers.statistics import Moments
from featx.data.audio import SAMPLE_RATE, count_samples
from featx.data.manifest import Utterance, load_manifest
from featx.errors import FeatxError
from featx.fitting.config import FitConfig
from featx.fitting.selection import Reader, Selection, select
from featx.fitting.standardise import (
    Cell,
    Cells,
    moments_file,
    part_statistics,
    read_moments,
    sort_into_cells,
    write_moments,
)
from featx.protocols.apply import apply_protocol
from featx.protocols.folds import Fold
from featx.protocols.task import Task, set_task
from featx.utils.machine import available_memory
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress


@dataclass(frozen=True)
class FitData(Task):
    """What heads train on, before any feature is read.

    Attributes:
        selections: what is used of each store; all have features of all utterances.
    """

    selections: tuple[Selection, ...]

    @property
    def shapes(self) -> list[InputShape]:
        """Of the features of each store."""
        return [selection.shape for selection in self.selections]

    @property
    def features(self) -> str:
        """The names of the models, joined by "+"."""
        return "+".join(one.store.identity["encoder"] for one in self.selections)

    def nbytes(self) -> int:
        """Return the bytes of all chosen features."""
        names = [utterance.utterance for utterance in self.utterances]
        return sum(selection.nbytes(names) for selection in self.selections)


def load_data(config: FitConfig, device: torch.device) -> FitData:
    """Read the manifest, open the stores and divide the utterances.

    Args:
        config: what to fit.
        device: where features will be wanted.

    Raises:
        FeatxError: if the manifest doesn't fit the protocol, utterances have no features, or
            a layer is not there.
        StoreError: if a store can't be opened.
    """
    whole = load_manifest(config.manifest)
    chosen = apply_protocol(whole, config.protocol)
    stores = [FeatureStore(folder) for folder in config.features]
    if config.layers != "all" and not any("blocks" in store.identity for store in stores):
        raise FeatxError(f"--layers {config.layers}: {config.models} has one layer; leave it out.")
    selections = tuple(select(store, config.layers, config.seconds, device) for store in stores)
    kept, absent = _with_features(config, selections, chosen.utterances)
    for selection in selections:
        _check_lengths(selection.store, kept)
    remarks = [f"left out {absent} utterances without features"] if absent else []
    task = set_task(whole, kept, config.protocol, remarks)
    return FitData(**vars(task), selections=selections)


def fold_examples(
    data: FitData,
    readers: Sequence[Reader],
    cells: Sequence[Cells | None],
    fold: Fold,
    normalize: str,
) -> Mapping[str, Examples]:
    """Return training, validation and test of a fold.

    Args:
        data: what the fold is of.
        readers: of each store.
        cells: moments of each store; None where nothing is standardised.
        fold: which.
        normalize: "speaker", "global" or "none".
    """
    examples = {}
    for part, utterances in fold.parts.items():
        names = [utterance.utterance for utterance in utterances]
        branches = []
        for reader, moments in zip(readers, cells, strict=True):
            features = reader.features(names)
            if moments is None:
                branches.append(Branch(features))
                continue
            statistics, groups = part_statistics(moments, fold, part, normalize)
            device = reader.selection.device
            owners = None if groups is None else groups.to(device)
            branches.append(Branch(features, statistics.to(device), owners))
        examples[part] = Examples(branches, data.labels(utterances))
    return examples


def _with_features(
    config: FitConfig, selections: Sequence[Selection], utterances: Sequence[Utterance]
) -> tuple[tuple[Utterance, ...], int]:
    """Return the utterances that every store has, and how many were left out."""
    kept = tuple(utterances)
    for selection in selections:
        store = selection.store
        there = tuple(u for u in kept if store.is_done(u.utterance))
        absent = [u.utterance for u in kept if not store.is_done(u.utterance)]
        if absent and (not config.skip_missing or not there):
            raise FeatxError(
                f"{store.folder}: no features of {len(absent)} of {len(kept)} utterances, such as "
                f"{absent[0]}. Finish with `featx extract`, which says what is wrong with the "
                "rest, or leave them out with --skip-missing."
            )
        kept = there
    return kept, len(utterances) - len(kept)


def _check_lengths(store: FeatureStore, utterances: Sequence[Utterance]) -> None:
    """Raise a FeatxError if the features were made from other audio, or other parts of it."""
    seconds = store.identity.get("trimmed_to")
    limit = round(seconds * SAMPLE_RATE) if seconds else None
    for u in utterances:
        samples = count_samples(u.path, u.start, u.end)
        samples = samples if limit is None else min(samples, limit)
        if samples != store.samples(u.utterance):
            raise FeatxError(
                f"{store.folder}: the features of {u.utterance!r} were made from "
                f"{store.samples(u.utterance)} samples, the manifest now gives {samples}. "
                "Extract the changed manifest again, under another name or with --out."
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
