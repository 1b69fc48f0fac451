"""From a config to what heads train on: utterances, folds, features and their statistics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from classifiers.batch import Branch, Examples, Features
from classifiers.linear import LinearSettings
from classifiers.shape import InputShape
from classifiers.statistics import Moments, as_two_frames
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.features.stores.folders import open_store
from featx.fitting.choices import Normalize
from featx.fitting.config import FitConfig
from featx.fitting.inputs.copies import StoredCopies, find_copies, join_copies
from featx.fitting.inputs.corpora import match_stores, open_stores
from featx.fitting.inputs.joined_store import AnyStore
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.selection import Reader, Selection, select
from featx.fitting.inputs.standardise import Cells, add_up_cells, part_statistics
from featx.protocols.apply import apply_protocol
from featx.protocols.fold import Fold
from featx.protocols.task import Task, set_task
from featx.utils.machine import available_memory
from featx.utils.parallel import map_ahead
from featx.utils.progress import passing


@dataclass(frozen=True)
class FitData:
    """What heads train on, before any feature is read.

    Attributes:
        task: the utterances, their classes and folds.
        selections: what is used of each store; all have features of all utterances.
        copies: the augmented copies that are learned from too, if any.
    """

    task: Task
    selections: tuple[Selection, ...]
    copies: StoredCopies | None = None

    @property
    def shapes(self) -> list[InputShape]:
        """The shape of each store's features."""
        return [selection.shape for selection in self.selections]

    @property
    def features(self) -> str:
        """The names of the models, joined by "+"."""
        return "+".join(selection.store.identity.encoder for selection in self.selections)

    def nbytes(self) -> int:
        """Return the bytes of all chosen features."""
        names = [utterance.utterance for utterance in self.task.utterances]
        of_copies = self.copies.nbytes() if self.copies else 0
        return sum(selection.nbytes(names) for selection in self.selections) + of_copies


def load_data(config: FitConfig, manifest: Manifest, device: torch.device) -> FitData:
    """Open the stores and divide the utterances that they have features of.

    Args:
        config: what to fit.
        manifest: the labels, from the config's file.
        device: where features will be wanted.

    Raises:
        FeatxError: if the manifest doesn't fit the protocol, utterances have no features, or
            a layer is not there.
        StoreError: if a store can't be opened, or has features of other audio.
    """
    applied = apply_protocol(manifest, config.protocol)
    stores = open_stores(config, manifest)
    if config.layers != "all" and all(store.identity.is_acoustic for store in stores):
        raise FeatxError(
            f"`layers={config.layers!r}`: {config.models} has a single layer; leave `layers` out."
        )
    _check_frames(config, stores)
    average, apart = config.head.average_frames, isinstance(config.head, LinearSettings)
    selections = tuple(
        select(store, config.layers, config.seconds, device, average, apart) for store in stores
    )
    everyone = applied.kept.utterances
    match_stores(stores, manifest, everyone)
    used = _with_features(config, selections, everyone)
    absent = len(everyone) - len(used)
    remarks = [f"left out {absent} utterances without features"] if absent else []
    task = set_task(applied, used, remarks)
    if not config.augmented:
        return FitData(task, selections)
    learned = {u.utterance for fold in task.folds for u in fold.train}
    trained = [u for u in task.utterances if config.final or u.utterance in learned]
    folders = list(map(open_store, config.augmented))
    return FitData(task, selections, find_copies(selections, folders, trained, config.skip_missing))


@dataclass(frozen=True)
class Source:
    """The features of a store, and what they are standardised by.

    Attributes:
        reader: reads the features.
        cells: their moments; None where nothing is standardised.
        copies: the copies that are learned from too, if any.
        copy_reader: reads the features of these.
    """

    reader: Reader
    cells: Cells | None
    copies: StoredCopies | None = None
    copy_reader: Reader | None = None

    def branch(self, fold: Fold, part: str, normalize: Normalize) -> Branch:
        """Return the features of a part of a fold, with its statistics, and in training copies."""
        names = [u.utterance for u in fold.parts[part]]
        branch = self._standardised(self.reader.features(names), fold, part, normalize)
        if part != "train" or self.copies is None or self.copy_reader is None:
            return branch
        return join_copies(branch, names, self.copies, self.copy_reader)

    def _standardised(
        self, features: Features, fold: Fold, part: str, normalize: Normalize
    ) -> Branch:
        if self.cells is None:
            return Branch(features)
        statistics, groups = part_statistics(self.cells, fold, part, normalize)
        device = self.reader.selection.device
        owners = None if groups is None else groups.to(device)
        return Branch(features, statistics.to(device), owners)


def fold_examples(
    task: Task, sources: Sequence[Source], fold: Fold, normalize: Normalize
) -> Mapping[str, Examples]:
    """Return training, validation and test of a fold.

    Args:
        task: what is to be learned.
        sources: the features, from `prepare`.
        fold: a fold of the task.
        normalize: how features are standardised.
    """
    return {part: part_examples(task, sources, fold, part, normalize) for part in fold.parts}


def part_examples(
    task: Task, sources: Sequence[Source], fold: Fold, part: str, normalize: Normalize
) -> Examples:
    """Return a part of a fold; the arguments are those of `fold_examples`."""
    branches = [source.branch(fold, part, normalize) for source in sources]
    targets = task.targets(fold.parts[part])
    if part == "train" and sources[0].copies:
        owners = sources[0].copies.owners([u.utterance for u in fold.train])
        targets = np.concatenate([targets, targets[owners]])
    return Examples(branches, targets)


def _check_frames(config: FitConfig, stores: Sequence[AnyStore]) -> None:
    """Raise a FeatxError if features have no frames, and the fit needs some."""
    for store in stores:
        if store.identity.frame_step:
            continue
        if config.head.kind == "lstm":
            raise FeatxError(
                f"`head='lstm'` goes from frame to frame, and {store.folder} has one vector an "
                "utterance. Take `head='linear'` or `head='dense'`, or extract features with all "
                "frames."
            )
        if store.identity.pool and not math.isinf(config.seconds):
            raise FeatxError(
                f"`seconds={config.seconds:g}`: {store.folder} has vectors of whole utterances, of "
                "which no beginning can be taken. Extract features with "
                f"`max_seconds={config.seconds:g}` and `too_long='trim'`."
            )


def _with_features(
    config: FitConfig, selections: Sequence[Selection], utterances: Sequence[Utterance]
) -> tuple[Utterance, ...]:
    """Return the utterances that every store has features of."""
    kept = tuple(utterances)
    for selection in selections:
        for alone, names in selection.by_store([u.utterance for u in kept]):
            absent = [own for own in names if not alone.store.is_done(own)]
            if absent and (not config.skip_missing or len(absent) == len(names)):
                raise FeatxError(
                    f"{alone.store.folder}: no features of {len(absent)} of {len(names)} "
                    f"utterances, such as {absent[0]}. Extract the rest, which says what is wrong "
                    "with them, or leave them out with `skip_missing`."
                )
        kept = tuple(u for u in kept if selection.store.is_done(u.utterance))
    return kept


SHARE = 0.6  # of the available memory that features may take


def fits_in_memory(data: FitData, limit: float | None) -> bool:
    """Tell whether all chosen features may stay in memory.

    Args:
        data: the features.
        limit: the bytes that they may take; by default a share of what is available.
    """
    if limit is None:
        device = data.selections[0].device
        on_gpu = device.type == "cuda"
        available = torch.cuda.mem_get_info(device)[0] if on_gpu else available_memory()
        limit = SHARE * available
    return data.nbytes() <= limit


def prepare(data: FitData, normalize: Normalize, keep: bool, pooled: bool = False) -> list[Source]:
    """Measure what is not known, average frames, and move features to a GPU if heads train there.

    Args:
        data: the features.
        normalize: "none" needs no moments.
        keep: whether features may stay in memory.
        pooled: whether heads want no more of an utterance than its mean and deviation.

    Returns:
        The features of each store.

    Raises:
        DamagedStore: if features are not as they were written.
    """
    names = [utterance.utterance for utterance in data.task.utterances]
    sources = []
    for place, selection in enumerate(data.selections):
        cells, moments = None, None
        if normalize != "none":
            moments = find_moments(selection, names, keep)
            cells = add_up_cells(data.task.folds, moments)
        source = Source(_reader(selection, names, keep, pooled, moments), cells)
        if data.copies:
            copied = data.copies.of(names)
            reader = _reader(data.copies.selections[place], copied, keep, pooled)
            source = replace(source, copies=data.copies, copy_reader=reader)
        sources.append(source)
    return sources


def _reader(
    selection: Selection,
    names: Sequence[str],
    keep: bool,
    pooled: bool,
    moments: Mapping[str, Moments] | None = None,
) -> Reader:
    """Return what reads utterances, once their features are checked.

    The moments are those of whole utterances, if they are known.
    """
    selection.check(names)
    held: dict[str, Tensor] = {}
    if pooled and (moments is None or selection.frames is not None):
        moments = find_moments(selection, names, keep, selection.frames)
    if pooled and moments is not None:
        held = {
            name: as_two_frames(moments[name]).to(selection.device)
            for name in passing(names, len(names), "Pooling", "utterances")
        }
    elif keep and (selection.device.type == "cuda" or selection.is_copied):
        ahead = torch.get_num_threads()
        held = dict(zip(names, map_ahead(selection.read, names, ahead), strict=True))
    return Reader(selection, keep, held)
