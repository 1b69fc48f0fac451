"""What an experiment asks features to be."""

import re
from pathlib import Path
from typing import Any

from cache import FeatureStore
from featx.acoustic.settings import read_acoustic
from featx.encoder_extractor import AUTO
from featx.encoders.loading import digest_settings, digest_weights, load_extractor, load_model
from featx.experiments.plan import Store
from featx.extract import Extractor
from featx.extraction_plan import LengthLimit
from featx.extractors import EncoderOptions, find_extractor
from featx.layers import parse_layers
from featx.registry import find_checkpoint, hub_id, is_here, store_name

_COMMIT = re.compile("[0-9a-f]{40}")


def length_limit(store: Store) -> LengthLimit:
    """Return how long an utterance may be.

    Raises:
        FeatxError: if the limit is none.
    """
    return LengthLimit(store.features.max_seconds, store.features.too_long == "trim")


def extractor_of(store: Store, dry_run: bool) -> Extractor:
    """Return what writes features.

    Raises:
        FeatxError: if the model is unknown or not to be had, or an option can't be.
    """
    one = store.features
    options = EncoderOptions(
        one.revision, one.layers, _precision(store), one.device, one.devices, one.batch_seconds
    )
    return find_extractor(one.model, options, dry_run)


def _precision(store: Store) -> str:
    """Return what to compute in: if nothing is asked for, what needs no timing to be chosen."""
    if store.features.precision or store.features.model in read_acoustic():
        return store.features.precision or AUTO
    if FeatureStore.exists(store.folder):
        return str(FeatureStore(store.folder).identity["precision"])
    return "float32"


def layers_of(store: Store, blocks: int) -> tuple[str, ...]:
    """Return the names of the layers of an encoder with so many transformer blocks.

    Raises:
        FeatxError: if it lacks one.
    """
    if store.features.layers is None:
        return tuple(map(str, range(blocks + 1)))
    return tuple(map(str, parse_layers(store.features.layers, blocks)))


def identify(store: Store) -> dict[str, Any]:
    """Return what `featx extract` would write of the model into the identity of features.

    Where weights are not on this machine, as with features that were made on another, that is
    the model's name alone. The Hub is not asked.

    Raises:
        FeatxError: if the model is unknown or its checkpoint damaged, or an option means nothing
            for it.
    """
    model, revision = store.features.model, store.features.revision
    acoustic = read_acoustic()
    if model in acoustic:
        extractor_of(store, dry_run=True)  # refuses options of encoders
        return {"encoder": model, "settings": acoustic[model].identity}
    if not Path(model).is_dir():
        commit = _commit(hub_id(model), revision)
        return {"encoder": hub_id(model), **({"revision": commit} if commit else {})}
    identity = {"encoder": store_name(model), "revision": ""}
    if not is_here(model):
        return identity
    folder = find_checkpoint(model, revision).folder
    weights = load_model(folder)
    settings = digest_settings(weights.config, load_extractor(folder))
    return identity | {"weights_sha256": digest_weights(weights), "settings_sha256": settings}


def _commit(repository: str, revision: str | None) -> str | None:
    """Return the commit that is asked for of a Hub repository, None if only the Hub can tell."""
    from huggingface_hub import snapshot_download  # slow to import

    if revision and _COMMIT.fullmatch(revision):
        return revision
    try:
        folder = snapshot_download(repository, revision=revision, local_files_only=True)
    except OSError:  # nothing of it is here
        return None
    return Path(folder).name if is_here(folder) else None
