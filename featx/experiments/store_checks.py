"""Whether an experiment's features are there, or can be had, and what they take."""

from dataclasses import dataclass
from pathlib import Path

from cache import FeatureStore
from featx.encoders.devices import find_devices
from featx.errors import FeatxError
from featx.experiments.findings import Findings
from featx.experiments.plan import Store
from featx.extract import Extractor
from featx.extraction_plan import LengthLimit, plan_extraction
from featx.extractors import EncoderOptions, find_extractor
from featx.layers import parse_layers
from featx.manifest import Manifest
from featx.registry import hub_id, is_here


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
        one.revision, one.layers, one.precision, one.device, one.devices, one.batch_seconds
    )
    return find_extractor(one.model, options, dry_run)


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
            if missing := weights_missing(store.features.model):
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
    """Compare features that are there to what is asked for, as far as that needs no weights."""
    asked = store.features
    layers, blocks = there.layout.layers, there.identity.get("blocks")
    differing = []
    if asked.dtype and asked.dtype != there.layout.dtype:
        differing.append(f"dtype is {there.layout.dtype} there, {asked.dtype} here")
    wanted = _layers_asked(store, layers, blocks)
    if wanted != layers:
        differing.append(f"layers are {','.join(layers)} there, {','.join(wanted)} here")
    if asked.precision not in ("auto", there.identity["precision"]):
        differing.append(
            f"precision is {there.identity['precision']} there, {asked.precision} here"
        )
    limit, trimmed = length_limit(store), there.identity.get("trimmed_to")
    too_long = any(there.samples(name) > limit.samples for name in there.utterances)
    if too_long or (trimmed and trimmed != (limit.seconds if limit.trim else None)):
        cut = f"{trimmed:g} s" if trimmed else "no length"
        differing.append(
            f"utterances are cut at {cut} there, max_seconds is {limit.seconds:g} here"
        )
    if differing:
        raise FeatxError(
            f"{store.folder} holds other features: {'; '.join(differing)}. Give these a name of "
            f"their own, [features.NAME] with model = {asked.model!r}, or delete that folder."
        )
    return Known(layers, blocks, 0, True)


def _layers_asked(store: Store, there: tuple[str, ...], blocks: int | None) -> tuple[str, ...]:
    if blocks is None:
        return there
    if store.features.layers is None:
        return tuple(map(str, range(blocks + 1)))
    return tuple(map(str, parse_layers(store.features.layers, blocks)))


def weights_missing(model: str) -> str:
    """Say that a model's weights are not here, and how they come; "" if they are.

    Raises:
        FeatxError: if the model is unknown.
    """
    if is_here(model):
        return ""
    if Path(model).is_dir():
        return f"{model} is no complete checkpoint: it lacks settings or weights."
    return (
        f"the weights of {model} are not on this machine; where there is a network, this fetches "
        f"them: hf download {hub_id(model)}"
    )
