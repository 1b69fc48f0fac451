"""From a config to what heads train on: utterances, folds, features and their statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from cache import FeatureStore
from classifiers.batch import Branch, Examples
from classifiers.shape import InputShape
from featx.audio import SAMPLE_RATE, count_samples
from featx.errors import FeatxError
from featx.fit_config import FitConfig
from featx.folds import Fold
from featx.manifest import Utterance, load_manifest
from featx.protocol_fit import apply_protocol
from featx.reading import Reader, Selection, select
from featx.standardising import Cells, part_statistics
from featx.task import Task, set_task


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
