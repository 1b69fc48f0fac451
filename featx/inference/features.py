"""Features of the kind that heads were trained on: those of stores, or computed from audio."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from cache import FeatureIdentity, FeatureStore
from featx.data.audio import SAMPLE_RATE
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.features.acoustic.settings import read_acoustic
from featx.features.choices import Dtype, NormalizeWaveform, Precision, Window
from featx.features.config import ExtractConfig
from featx.features.encoders.checkpoints.fairseq.path import ENDING
from featx.features.encoders.devices import Compute
from featx.features.extraction import Extraction
from featx.features.extractors import find_extractor
from featx.features.planning.length import LengthLimit
from featx.features.writing.work import Extractor
from featx.features.writing.write import plan_features, write_features
from featx.fitting.heads.inputs import HeadInput
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Options
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
    likeliest = next((s for s in stores if s.identity.encoder == wanted.encoder), stores[0])
    found = differences(wanted, likeliest.identity)
    raise _unlike(f"{likeliest.folder}: these features", wanted, found)


def differences(wanted: HeadInput, identity: FeatureIdentity) -> list[str]:
    """Say in what features differ from those that a head was trained on; nothing if they don't.

    Args:
        wanted: what the head takes.
        identity: the identity of the features at hand.
    """
    known, here = wanted.features.compared(), identity.compared()
    left_out = _NAMES
    if wanted.features.is_imported and identity.is_imported:
        left_out = _NAMES - {"encoder"} | {"imported_sha256"}  # more of the same by its name
    keys = [key for key in {**known, **here} if key not in left_out]
    return [
        f"{key}: {known.get(key)!r} in training, here {here.get(key)!r}"
        for key in keys
        if known.get(key) != here.get(key)
    ]


def _unlike(subject: str, wanted: HeadInput, found: Sequence[str]) -> FeatxError:
    """Return the refusal of features that differ from those that a head was trained on."""
    return FeatxError(
        f"{subject} are not like those of {wanted.encoder} that the head was trained on:\n  "
        + "\n  ".join(found)
    )


def _check_trimming(wanted: HeadInput, store: FeatureStore, utterances: Sequence[str]) -> None:
    """Raise a FeatxError if an utterance is cut where the training's were not, or the reverse."""
    trained, here = wanted.features.trimmed_to, store.identity.trimmed_to
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


Loaded = dict[ExtractConfig, Extractor]  # so that an encoder is loaded once for many predictions


@dataclass(frozen=True)
class Source:
    """How the features of one store that a head takes are computed from audio.

    Attributes:
        wanted: the features.
        config: what to extract for them.
    """

    wanted: HeadInput
    config: ExtractConfig


def find_source(
    wanted: HeadInput, dtype: Dtype | None, run: Path, encoder: Path | None, options: Options
) -> Source:
    """Find out how to compute the features that a head was trained on.

    Args:
        wanted: the features.
        dtype: the type in which the head's features were stored; None if unknown.
        run: the folder of the run, beside which a local encoder is looked for.
        encoder: the folder of the checkpoint, if it is not found by the name in the run.
        options: where to compute, and how long an utterance may be where training cut none.

    Raises:
        FeatxError: if the encoder is a local folder that is not here.
    """
    identity, name = wanted.features, wanted.encoder
    if identity.is_imported:
        raise FeatxError(
            f"{run}: its heads take features {name}, which nothing here computes: another program "
            "made them. Give the folder of a store of them, as `featx cache import` makes it."
        )
    trimmed = identity.trimmed_to
    limit = LengthLimit(trimmed or options.max_seconds, trim=trimmed is not None)
    if identity.is_acoustic:
        if name not in read_acoustic():
            raise FeatxError(f"{name}: this version of featx has no such acoustic features.")
        config = ExtractConfig(name, dtype=dtype, limit=limit)
        return Source(wanted, replace(config, pool=identity.pool, frames=identity.frames))
    folder = encoder
    if folder is None and not identity.revision:
        folder = locate(run, name) or locate(run, f"{name}{ENDING}")
        if folder is None:
            raise FeatxError(
                f"{run}: its heads take features of {name}, a local checkpoint "
                "that is not here. `encoder` says where it is."
            )
    config = ExtractConfig(
        model=str(folder or name),
        revision=None if folder else identity.revision,
        layers=",".join(wanted.layers),
        dtype=dtype,
        compute=Compute(options.device, precision=cast(Precision, identity.precision)),
        limit=limit,
        window=cast(Window, identity.compared()["window"]),
        normalize_waveform=cast(NormalizeWaveform | None, identity.normalize_waveform),
        pool=identity.pool,
        frames=identity.frames,
    )
    return Source(wanted, config)


@contextmanager
def computed(
    sources: Sequence[Source], recordings: Recordings, loaded: Loaded
) -> Iterator[GivenFeatures]:
    """Compute features of audio into stores that last as long as the context.

    Args:
        sources: how the features of each store are computed.
        recordings: the utterances.
        loaded: what computed before; what is loaded now is added.

    Raises:
        FeatxError: if an encoder is not here or has other weights or settings than in training,
            no utterance can be used, or memory runs out.
        DiskFull: if the disk for temporary files is too small.
    """
    manifest = recordings.manifest
    with TemporaryDirectory(prefix="featx-", ignore_cleanup_errors=True) as folder:
        extractions = [
            _extract(source, manifest, Path(folder, str(number)), loaded)
            for number, source in enumerate(sources)
        ]
        stores = tuple(extraction.store for extraction in extractions)
        failures: dict[str, str] = {}
        for extraction in extractions:
            failures |= {name: str(why) for name, why in extraction.failures.items()}
        names = (utterance.utterance for utterance in manifest.utterances)
        done = tuple(name for name in names if all(store.is_done(name) for store in stores))
        if not done:
            raise FeatxError(
                f"No utterance can be used; the first: {next(iter(failures.values()))}"
            )
        for reason in failures.values():
            log.warning("%s", reason)
        yield GivenFeatures(stores, done, failures)


def _extract(source: Source, manifest: Manifest, folder: Path, loaded: Loaded) -> Extraction:
    def check(identity: FeatureIdentity) -> None:
        found = differences(source.wanted, identity)
        if found:
            raise _unlike("The features that are computed here", source.wanted, found)

    if source.config not in loaded:
        loaded[source.config] = find_extractor(source.config)
    extractor = loaded[source.config]
    plan = plan_features(source.config, extractor.outline, manifest)
    return write_features(extractor, plan, folder, check=check)
