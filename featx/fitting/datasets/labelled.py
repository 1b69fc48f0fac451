"""A store's features with the labels of a manifest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cache import FeatureStore
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.features.planning.layers import join_layers
from featx.features.stores.folders import find_store, open_store
from featx.fitting.inputs.selection import Selection, select
from featx.stores.audio import match_audio
from featx.stores.labels import load_labels
from featx.utils.remote.path import to_path


@dataclass(frozen=True)
class Labelled:
    """Features of utterances whose labels are known.

    Attributes:
        store: the features.
        selection: the chosen layers of the store.
        utterances: the manifest's utterances, all of which have features.
    """

    store: FeatureStore
    selection: Selection
    utterances: Sequence[Utterance]

    @property
    def names(self) -> list[str]:
        """The ids of the utterances."""
        return [utterance.utterance for utterance in self.utterances]


def open_labelled(
    features: str | Path | FeatureStore | None,
    manifest: str | Path | Manifest,
    layers: str | int | Sequence[int],
    apart: bool = False,
) -> Labelled:
    """Open a store for the utterances of a manifest.

    Args:
        features: the store, its folder or URL; by default the only one of the manifest.
        manifest: the CSV with the labels, or a manifest that is loaded already.
        layers: which layers of an encoder.
        apart: whether vectors of means and deviations are taken apart, as `Selection` says.

    Raises:
        FeatxError: if the manifest or store can't be used, or utterances have no features, or
            damaged ones, or those of other audio.
    """
    corpus = (
        manifest
        if isinstance(manifest, Manifest)
        else load_labels(manifest, lambda path: [_folder(features) or find_store(path)])
    )
    given = features if features is not None else find_store(corpus.path)
    store = open_store(given)
    selection = select(store, join_layers(layers), math.inf, torch.device("cpu"), 1, apart)
    match_audio([store], corpus, corpus.utterances)
    absent = [u.utterance for u in corpus.utterances if not store.is_done(u.utterance)]
    if absent:
        raise FeatxError(
            f"{store.folder}: no features of {len(absent)} of {len(corpus.utterances)} utterances, "
            f"such as {absent[0]}. Extract the rest, or leave them out of the manifest."
        )
    selection.check([utterance.utterance for utterance in corpus.utterances])
    return Labelled(store, selection, corpus.utterances)


def _folder(features: str | Path | FeatureStore | None) -> Path | None:
    if features is None:
        return None
    return features.folder if isinstance(features, FeatureStore) else to_path(features)
