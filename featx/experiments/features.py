"""What an experiment asks features to be."""

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.experiments.findings import Findings
from featx.experiments.plan import Store
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints import find_checkpoint, hub_id, is_here, store_name
from featx.features.encoders.devices import find_devices
from featx.features.encoders.loading import (
    digest_settings,
    digest_weights,
    load_extractor,
    load_model,
)
from featx.features.extract import Extractor
from featx.features.extractors import AUTO, EncoderOptions, find_extractor
from featx.features.layers import parse_layers
from featx.features.plan import LengthLimit, plan_extraction

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


@dataclass(frozen=True)
class Known:
    """What is known of features before they are extracted.

    Attributes:
        layers: the names of those stored.
        blocks: transformer blocks; None for features without a model.
        nbytes: that are still to be written; 0 if all features are there.
        done: whether all are there.
    """

    layers: tuple[str, ...]
    blocks: int | None
    nbytes: int
    done: bool


def is_complete(store: Store, manifest: Manifest) -> bool:
    """Tell whether the features of all utterances are there.

    Raises:
        StoreError: if there is a store that can't be opened.
    """
    if not FeatureStore.exists(store.folder):
        return False
    there = FeatureStore(store.folder)
    return all(there.is_done(one.utterance) for one in manifest.utterances)


def check_store(store: Store, manifest: Manifest, findings: Findings) -> Known | None:
    """Return what is known of features; None if they can't be had."""
    where = f"features.{store.name} of {store.corpus}"
    with findings.at(where):
        there = FeatureStore(store.folder) if FeatureStore.exists(store.folder) else None
        if there:
            found = _check_same(store, there)
            if is_complete(store, manifest):
                return found
        extractor = extractor_of(store, dry_run=True)
        blocks = getattr(extractor.shape, "blocks", None)
        if blocks is not None:
            find_devices(store.features.device, store.features.devices)
            if missing := weights_missing(store.features.model, store.features.revision):
                findings.error(where, missing)
        dtype = store.features.dtype or extractor.dtype
        limit = length_limit(store)
        plan = plan_extraction(manifest, extractor.shape, dtype, extractor.layers, limit)
        if plan.failures:
            shown = "\n".join(f"{name}: {why}" for name, why in list(plan.failures.items())[:5])
            findings.error(
                where,
                f"{len(plan.failures)} of {len(manifest.utterances)} utterances can't be "
                f"extracted:\n{shown}",
            )
        absent = [one for one in plan.planned if not (there and there.is_done(one.utterance))]
        nbytes = plan.layout.nbytes(sum(one.frames for one in absent))
        return Known(plan.layout.layers, blocks, nbytes, False)
    return None


def _check_same(store: Store, there: FeatureStore) -> Known:
    """Compare features that are there to what is asked for, as far as can be known here."""
    asked, layers, blocks = store.features, there.layout.layers, there.identity.get("blocks")
    differing = _of_other_model(store, there)
    if not differing:  # else its layers tell nothing
        if asked.dtype and asked.dtype != there.layout.dtype:
            differing.append(f"dtype is {there.layout.dtype} there, {asked.dtype} here")
        wanted = layers if blocks is None else layers_of(store, blocks)
        if wanted != layers:
            differing.append(f"layers are {','.join(layers)} there, {','.join(wanted)} here")
        precision = there.identity["precision"]
        if asked.precision not in ("", AUTO, precision):
            differing.append(f"precision is {precision} there, {asked.precision} here")
        differing += _cut_otherwise(store, there)
    if differing:
        raise FeatxError(
            f"{store.folder} holds other features: {'; '.join(differing)}. Give these a name of "
            f"their own, [features.NAME] with model = {asked.model!r}, or delete that folder."
        )
    return Known(layers, blocks, 0, True)


def _of_other_model(store: Store, there: FeatureStore) -> list[str]:
    """Say, once, by what another model made the features."""
    held, asked = there.identity, identify(store)
    if there.software.get("transformers") != version("transformers"):
        asked.pop("settings_sha256", None)  # of its defaults too, which versions change
    return [
        f"{key} is {held.get(key)} there, {value} here"
        for key, value in asked.items()
        if held.get(key) != value
    ][:1]


def _cut_otherwise(store: Store, there: FeatureStore) -> list[str]:
    """Say if utterances are cut at another length."""
    limit, trimmed = length_limit(store), there.identity.get("trimmed_to")
    too_long = any(there.samples(name) > limit.samples for name in there.utterances)
    if not too_long and (not trimmed or trimmed == (limit.seconds if limit.trim else None)):
        return []
    cut = f"trimmed to {trimmed:g} s" if trimmed else "not trimmed"
    asked = "trimmed to" if limit.trim else "refused above"
    return [f"long utterances are {cut} there, {asked} {limit.seconds:g} s here"]


def weights_missing(model: str, revision: str | None) -> str:
    """Say that a model's weights are not here, and how they come; "" if they are.

    Raises:
        FeatxError: if the model is unknown.
    """
    if is_here(model, revision):
        return ""
    if Path(model).is_dir():
        return f"{model} is no complete checkpoint: it lacks settings or weights."
    pinned = f" --revision {revision}" if revision else ""
    return (
        f"the weights of {model} are not on this machine; where there is a network, this fetches "
        f"them: hf download {hub_id(model)}{pinned}"
    )
