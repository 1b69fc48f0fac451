"""Whether features that are there are those that an experiment asks for."""

from dataclasses import dataclass, replace
from importlib.metadata import version

from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.experiments.checking.findings import Findings
from featx.experiments.planning.features import (
    asked_copies,
    config_of,
    identify,
    is_complete,
    layers_of,
    limit_of,
    weights_missing,
)
from featx.experiments.planning.plan import Store
from featx.features.extractors import find_outline
from featx.features.writing.write import plan_features


@dataclass(frozen=True)
class Known:
    """What is known of features before they are extracted.

    Attributes:
        layers: the names of the layers that are stored.
        blocks: transformer blocks; None for features without a model.
        nbytes: the bytes that are still to be written; 0 if all features are there.
        done: whether all features are there.
    """

    layers: tuple[str, ...]
    blocks: int | None
    nbytes: int
    done: bool


def check_store(store: Store, manifest: Manifest, findings: Findings) -> Known | None:
    """Return what is known of features; None if they can't be had."""
    with findings.at(_place(store)):
        there = FeatureStore(store.folder) if FeatureStore.exists(store.folder) else None
        if there:
            found = _check_same(store, there)
            if is_complete(store, manifest):
                return found
        return _check_new(store, manifest, there, findings)
    return None


def _check_new(
    store: Store, manifest: Manifest, there: FeatureStore | None, findings: Findings
) -> Known:
    """Plan features of which some are still to be extracted, and note what stands in the way.

    Raises:
        FeatxError: if the model or a device can't be had, or no utterance can be extracted.
    """
    where, config = _place(store), config_of(store)
    outline = find_outline(config)
    if outline.blocks is not None:
        config.compute.check()
        if missing := weights_missing(config.model, config.revision):
            findings.error(where, missing)
    plan = plan_features(config, outline, manifest)
    if plan.failures:
        shown = "\n".join(f"{name}: {why}" for name, why in list(plan.failures.items())[:5])
        findings.error(
            where,
            f"{len(plan.failures)} of {len(manifest.utterances)} utterances can't be "
            f"extracted:\n{shown}",
        )
    absent = [p for p in plan.planned if not (there and there.is_done(p.utterance))]
    nbytes = plan.layout.nbytes(sum(planned.frames for planned in absent), len(absent))
    return Known(plan.layout.layers, outline.blocks, nbytes, False)


def _place(store: Store) -> str:
    return f"features.{store.name} of {store.corpus}"


def _check_same(store: Store, there: FeatureStore) -> Known:
    """Compare features that are there to what is asked for, as far as can be known here."""
    asked, layers, blocks = store.features, there.layout.layers, there.identity.blocks
    differing = _of_other_model(store, there)
    if not differing:  # else its layers tell nothing
        if asked.dtype and asked.dtype != there.layout.dtype:
            differing.append(f"dtype is {there.layout.dtype} there, {asked.dtype} here")
        wanted = layers if blocks is None else layers_of(store, blocks)
        if wanted != layers:
            differing.append(f"layers are {','.join(layers)} there, {','.join(wanted)} here")
        precision = there.identity.precision
        if asked.precision not in ("", "auto", precision):
            differing.append(f"precision is {precision} there, {asked.precision} here")
        window = there.identity.compared()["window"]
        if asked.window != window:
            differing.append(f"window is {window} there, {asked.window} here")
        normalised, wanted_so = there.identity.normalize_waveform, asked.normalize_waveform
        if normalised != wanted_so:
            differing.append(f"normalize_waveform is {normalised} there, {wanted_so} here")
        differing += _kept_otherwise(store, there)
        differing += _cut_otherwise(store, there)
        differing += _changed_otherwise(store, there)
    if differing:
        raise FeatxError(
            f"{store.folder} holds other features: {'; '.join(differing)}. Give these a name of "
            f"their own, [features.NAME] with model = {asked.model!r}, or delete that folder."
        )
    return Known(layers, blocks, 0, True)


def _of_other_model(store: Store, there: FeatureStore) -> list[str]:
    """Say, once, by what another model made the features."""
    held, asked = there.identity.to_json(), identify(store)
    if there.software.get("transformers") != version("transformers"):
        asked = replace(asked, settings_sha256=None)  # of its defaults too, which versions change
    return [
        f"{key} is {held.get(key)} there, {value} here"
        for key, value in asked.to_json().items()
        if held.get(key) != value
    ][:1]


def _kept_otherwise(store: Store, there: FeatureStore) -> list[str]:
    """Say if other frames are kept: pooled ones, or averages."""
    held, asked = there.identity, store.features
    found = []
    if held.pool != asked.pool:
        found.append(f"pool is {held.pool} there, {asked.pool} here")
    as_many = held.frame_step and asked.frames == round(1 / held.frame_step)
    if held.frames != asked.frames and not as_many:
        found.append(f"frames is {held.frames} there, {asked.frames} here")
    return found


def _cut_otherwise(store: Store, there: FeatureStore) -> list[str]:
    """Say if utterances are cut at another length."""
    limit, trimmed = limit_of(store), there.identity.trimmed_to
    too_long = any(there.samples(name) > limit.samples for name in there.utterances)
    if not too_long and (not trimmed or trimmed == (limit.seconds if limit.trim else None)):
        return []
    cut = f"trimmed to {trimmed:g} s" if trimmed else "not trimmed"
    asked = "trimmed to" if limit.trim else "refused above"
    return [f"long utterances are {cut} there, {asked} {limit.seconds:g} s here"]


def _changed_otherwise(store: Store, there: FeatureStore) -> list[str]:
    """Say if utterances are augmented in another way."""
    copies = asked_copies(store)
    asked = copies.augmenter.identity if copies else None
    if there.identity.augmentation == asked:
        return []
    return [f"another augmentation than {store.augment or 'none'} is there"]
