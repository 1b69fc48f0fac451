"""Features of the kind that heads were trained on: those of stores, or computed from audio."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cache import FeatureStore
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.acoustic.settings import read_acoustic
from featx.features.extract import Extractor, fill
from featx.features.extractors import EncoderOptions, find_extractor
from featx.features.plan import LengthLimit, plan_extraction
from featx.fitting.model import HeadInput
from featx.inference.inputs import Recordings, StoredFeatures
from featx.runs.read import locate

# of an identity: where the features' encoder is from and how they were cut, not what they are
_NAMES = {"encoder", "revision", "trimmed_to"}
log = logging.getLogger("featx")


@dataclass(frozen=True)
class GivenFeatures:
    """Features of some utterances, in stores like those that heads were trained on.

    Attributes:
        stores: one for each input of the heads, in their order.
        utterances: those that every store has.
        failures: utterance id to why it has no features.
    """

    stores: tuple[FeatureStore, ...]
    utterances: tuple[str, ...]
    failures: Mapping[str, str]


def match_stores(inputs: Sequence[HeadInput], given: StoredFeatures) -> GivenFeatures:
    """Find the store for each input of a head, whatever the order in which they are given.

    Raises:
        FeatxError: if a store holds other features than the head was trained on, or utterances
            longer than those were.
    """
    if len(given.stores) != len(inputs):
        names = " and ".join(wanted.encoder for wanted in inputs)
        raise FeatxError(
            f"The head takes features of {names}, and `inputs` has {len(given.stores)} stores."
        )
    stores = tuple(_matching(wanted, given.stores) for wanted in inputs)
    utterances = tuple(u for u in stores[0].utterances if all(u in store for store in stores))
    done = tuple(u for u in utterances if all(store.is_done(u) for store in stores))
    if not done:
        raise FeatxError(f"{stores[0].folder}: no utterance's features are complete.")
    for wanted, store in zip(inputs, stores, strict=True):
        _check_trimming(wanted, store, done)
    absent = [u for u in utterances if not all(store.is_done(u) for store in stores)]
    failures = dict.fromkeys(absent, "its features are not extracted yet")
    return GivenFeatures(stores, done, failures)


def _matching(wanted: HeadInput, stores: Sequence[FeatureStore]) -> FeatureStore:
    for store in stores:
        if not differences(wanted, store.identity):
            return store
    likeliest = next((s for s in stores if s.identity["encoder"] == wanted.encoder), stores[0])
    _refuse(f"{likeliest.folder}: these features", wanted, likeliest.identity)
    raise AssertionError("it differs")


def differences(wanted: HeadInput, identity: Mapping[str, Any]) -> list[str]:
    """Say in what features differ from those that a head was trained on; nothing if they don't.

    Args:
        wanted: what the head takes.
        identity: of the features at hand.
    """
    known = wanted.features
    keys = [key for key in {**known, **identity} if key not in _NAMES]
    return [
        f"{key}: {known.get(key)!r} in training, here {identity.get(key)!r}"
        for key in keys
        if known.get(key) != identity.get(key)
    ]


def _refuse(subject: str, wanted: HeadInput, identity: Mapping[str, Any]) -> None:
    """Raise a FeatxError if features differ from those that a head was trained on."""
    found = differences(wanted, identity)
    if found:
        raise FeatxError(
            f"{subject} are not like those of {wanted.encoder} that the head was trained on:\n  "
            + "\n  ".join(found)
        )


def _check_trimming(wanted: HeadInput, store: FeatureStore, utterances: Sequence[str]) -> None:
    """Raise a FeatxError if an utterance is cut where the training's were not, or the reverse."""
    trained, here = (one.get("trimmed_to") for one in (wanted.features, store.identity))
    if trained == here:
        return
    shortest = min(limit for limit in (trained, here) if limit is not None)
    for utterance in utterances:
        if store.samples(utterance) >= round(shortest * SAMPLE_RATE):
            raise FeatxError(
                f"{store.folder}: {utterance!r} keeps {_described(here)}, and the head was trained "
                f"on {_described(trained)}. Extract the features again with the same `max_seconds`."
            )


def _described(limit: float | None) -> str:
    return "whole utterances" if limit is None else f"the first {limit:g} s of each utterance"


@dataclass(frozen=True)
class Source:
    """What computes the features of one store that a head takes.

    Attributes:
        wanted: the features.
        dtype: that they are stored in; None for what is usual.
        extractor: computes them.
    """

    wanted: HeadInput
    dtype: str | None
    extractor: Extractor


def find_source(
    wanted: HeadInput, dtype: str | None, run: Path, encoder: Path | None, device: str
) -> Source:
    """Find what computes the features that a head was trained on.

    Args:
        wanted: the features.
        dtype: that the head's features were stored in; None if unknown.
        run: the run's folder.
        encoder: the folder of the checkpoint, if it is not found by the name in the run.
        device: "auto", "cpu", "cuda" or "cuda:<number>".

    Raises:
        FeatxError: if the encoder is not here.
    """
    name = wanted.encoder
    if is_acoustic(wanted):
        if name not in read_acoustic():
            raise FeatxError(
                f"{name}: this version of featx has no acoustic features of that name."
            )
        return Source(wanted, dtype, find_extractor(name))
    revision: str | None = wanted.features.get("revision") or None
    folder = encoder if encoder or revision else locate(run, name)
    if folder is None and revision is None:
        raise FeatxError(
            f"{run}: its head takes features of {name}, a local checkpoint folder that is not "
            "here. `encoder` says where it is."
        )
    options = EncoderOptions(
        revision=None if folder else revision,
        layers=",".join(wanted.layers),
        precision=wanted.features["precision"],
        device=device,
    )
    return Source(wanted, dtype, find_extractor(str(folder or name), options))


def is_acoustic(wanted: HeadInput) -> bool:
    """Tell whether features are acoustic ones, which need no encoder."""
    return "blocks" not in wanted.features


@contextmanager
def computed(
    sources: Sequence[Source], recordings: Recordings, max_seconds: float
) -> Iterator[GivenFeatures]:
    """Compute features of audio into stores that last as long as the context.

    Args:
        sources: what computes the features of each store.
        recordings: the utterances.
        max_seconds: the longest utterance that is taken, where training did not cut longer ones.

    Raises:
        FeatxError: if an encoder has other weights or settings than in training, no utterance
            can be used, or memory runs out.
        StoreError: if the disk for temporary files is too small.
    """
    with TemporaryDirectory(prefix="featx-", ignore_cleanup_errors=True) as folder:
        failures: dict[str, str] = {}
        stores = []
        for number, source in enumerate(sources):
            store, failed = _compute(source, recordings, max_seconds, Path(folder, str(number)))
            stores.append(store)
            failures |= failed
        names = [utterance.utterance for utterance in recordings.manifest.utterances]
        done = tuple(name for name in names if all(store.is_done(name) for store in stores))
        if not done:
            raise FeatxError(
                f"No utterance can be used; the first: {next(iter(failures.values()))}"
            )
        for reason in failures.values():
            log.warning("%s", reason)
        yield GivenFeatures(tuple(stores), done, failures)


def _compute(
    source: Source, recordings: Recordings, max_seconds: float, folder: Path
) -> tuple[FeatureStore, dict[str, str]]:
    extractor = source.extractor
    trimmed = source.wanted.features.get("trimmed_to")
    limit = LengthLimit(trimmed or max_seconds, trim=trimmed is not None)
    plan = plan_extraction(
        recordings.manifest,
        extractor.shape,
        source.dtype or extractor.dtype,
        extractor.layers,
        limit,
    )
    work = extractor.start(plan, folder, log.debug)
    _refuse("The features that are computed here", source.wanted, work.identity)
    store = FeatureStore.prepare(folder, plan.planned, plan.layout, work.identity, work.software)
    extraction = fill(store, plan, work.workers, work.seconds)
    return extraction.store, extraction.failures
