"""What an experiment asks features to be."""

from typing import cast

from cache import FeatureStore, ModelIdentity
from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.copies import Copies
from featx.data.augmentation.settings import find_augmentation
from featx.data.manifest import Manifest
from featx.experiments.planning.plan import Store
from featx.features.acoustic.settings import read_acoustic
from featx.features.choices import Precision
from featx.features.config import ExtractConfig, WriteOptions
from featx.features.encoders.checkpoints.fairseq.path import is_local
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here, revision_here
from featx.features.encoders.checkpoints.loading import digest_settings, digest_weights, load_frozen
from featx.features.encoders.checkpoints.registry import (
    fetch_command,
    hub_id,
    is_model,
    read_registry,
    store_name,
    unknown_model,
)
from featx.features.encoders.devices import Compute
from featx.features.encoders.preprocessing import load_extractor
from featx.features.extractors import find_outline
from featx.features.planning.layers import parse_layers
from featx.features.planning.length import LengthLimit


def config_of(store: Store) -> ExtractConfig:
    """Return what is to be extracted.

    Raises:
        FeatxError: if a number of seconds is none, there is no such augmentation, or there is a
            store that can't be opened.
    """
    asked = store.features
    return ExtractConfig(
        model=asked.model,
        revision=asked.revision,
        layers=asked.layers,
        dtype=asked.dtype,
        compute=Compute(asked.device, asked.devices, _precision(store), asked.batch_seconds),
        limit=limit_of(store),
        window=asked.window,
        normalize_waveform=asked.normalize_waveform,
        pool=asked.pool,
        frames=asked.frames,
        copies=asked_copies(store),
        write=WriteOptions(compress=asked.compress),
    )


def asked_copies(store: Store) -> Copies | None:
    """Return the augmented copies that are extracted in place of utterances, if any.

    Raises:
        FeatxError: if there is no such augmentation.
    """
    if not store.augment:
        return None
    augmentation = find_augmentation("augmented", store.augment)
    return Copies(open_augmentation(augmentation), store.features.copies)


def limit_of(store: Store) -> LengthLimit:
    """Return how long an utterance may be."""
    return LengthLimit(store.features.max_seconds, store.features.too_long == "trim")


def _precision(store: Store) -> Precision:
    """Return what to compute in: if nothing is asked for, as the features that are there."""
    if store.features.precision:
        return store.features.precision
    if FeatureStore.exists(store.folder):
        return cast(Precision, FeatureStore(store.folder).identity.precision)
    return "float32"


def layers_of(store: Store, blocks: int) -> tuple[str, ...]:
    """Return the names of the layers of an encoder with so many transformer blocks.

    Raises:
        FeatxError: if the encoder lacks one of the layers that are asked for.
    """
    if store.features.layers is None:
        return tuple(map(str, range(blocks + 1)))
    return tuple(map(str, parse_layers(store.features.layers, blocks)))


def identify(store: Store) -> ModelIdentity:
    """Return what extracting features would record of the model, as far as it is known.

    Where weights are not on this machine, as with features that were made on another, that is
    the model's name alone. The Hub is not asked.

    Raises:
        FeatxError: if the model is unknown or its checkpoint damaged, or an option means nothing
            for it.
    """
    model, revision = store.features.model, store.features.revision
    acoustic = read_acoustic()
    if model in acoustic:
        find_outline(config_of(store))  # refuses options of encoders
        return ModelIdentity(model, settings=acoustic[model].identity)
    if not is_model(model):
        raise unknown_model(model, [*read_registry(), *acoustic])
    if not is_local(model):
        return ModelIdentity(hub_id(model), revision_here(model, revision))
    if not is_here(model):
        return ModelIdentity(store_name(model), revision="")
    checkpoint = find_checkpoint(model, revision)
    weights = load_frozen(checkpoint.folder)
    extractor = load_extractor(checkpoint.folder, store.features.normalize_waveform)
    return ModelIdentity(
        encoder=checkpoint.identifier,
        revision=checkpoint.revision,
        weights_sha256=digest_weights(weights),
        settings_sha256=digest_settings(weights.config, extractor),
    )


def is_complete(store: Store, manifest: Manifest) -> bool:
    """Tell whether the features of all utterances are there.

    Raises:
        StoreError: if there is a store that can't be opened.
    """
    if not FeatureStore.exists(store.folder):
        return False
    there, copies = FeatureStore(store.folder), asked_copies(store)
    wanted = copies.of(manifest.utterances) if copies else manifest.utterances
    return all(there.is_done(utterance.utterance) for utterance in wanted)


def weights_missing(model: str, revision: str | None) -> str:
    """Say that a model's weights are not here, and how they come; "" if they are.

    Raises:
        FeatxError: if the model is unknown.
    """
    if is_here(model, revision):
        return ""
    if is_local(model):
        return f"{model} is no complete checkpoint: it lacks settings or weights."
    return (
        f"the weights of {model} are not on this machine; where there is a network, this fetches "
        f"them: {fetch_command(model, revision)}"
    )
