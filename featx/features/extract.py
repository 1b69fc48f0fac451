"""From a manifest to a feature store."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from pydantic import PositiveFloat, PositiveInt

from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.copies import Copies
from featx.data.augmentation.settings import find_augmentation
from featx.data.manifest import Manifest, load_with_gaps
from featx.engines.choices import EngineName
from featx.engines.engine import HERE, Engine
from featx.errors import FeatxError
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Precision, TooLong, Window
from featx.features.config import ExtractConfig, WriteOptions
from featx.features.encoders.devices import Compute
from featx.features.extraction import Extraction
from featx.features.extractors import find_extractor, find_outline
from featx.features.planning.layers import join_layers
from featx.features.planning.length import MAX_SECONDS, LengthLimit
from featx.features.planning.parts import Part
from featx.features.planning.renewal import Renewal
from featx.features.stores.folders import copies_folder, store_folder
from featx.features.stores.remote import StoreCopy, sending
from featx.features.writing.actors import Actors, refuse_with_actors
from featx.features.writing.failures import MostFailures
from featx.features.writing.lock import claiming
from featx.features.writing.write import plan_features, write_features
from featx.utils.arguments import as_list, checked, refuse_with
from featx.utils.remote.path import RemotePath, to_path

log = logging.getLogger("featx")


@checked
def extract(
    model: str | Path,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    revision: str | None = None,
    out: str | Path | None = None,
    store: str | None = None,
    layers: str | int | Sequence[int] | None = None,
    window: Window | Literal[30] = "30",
    normalize_waveform: NormalizeWaveform | None = None,
    pool: Pool | None = None,
    frames: PositiveInt | None = None,
    augment: str | Path | None = None,
    copies: PositiveInt = 1,
    dtype: Dtype | None = None,
    compress: bool = False,
    precision: Precision = "float32",
    device: str = "auto",
    devices: int | str = 1,
    batch_seconds: PositiveFloat | None = None,
    max_seconds: PositiveFloat = MAX_SECONDS,
    too_long: TooLong = "refuse",
    update: bool = False,
    again: str | Sequence[str] = (),
    max_failures: str | int | None = None,
    shard: str | None = None,
    engine: EngineName = "local",
    address: str | None = None,
    dry_run: bool = False,
) -> Extraction:
    """Write the layers of a frozen speech model, or acoustic features, to a feature store.

    Stopped at any moment, the same call goes on from there. Utterances whose audio can't be used
    do not stop the others; the result and `failures.csv` in the store's folder say why they failed.

    Args:
        model: a short name as `featx models` lists them, a Hub id, a local folder, or a file of
            fairseq (.pt).
        manifest: the utterances: a CSV file or its URL, or a manifest that is loaded already.
        revision: a branch, tag or commit of the Hub repository.
        out: the store's folder; by default features/MANIFEST/MODEL. Or a URL such as
            s3://bucket/store (docs/remote.md).
        store: keep the features in features/STORE/MODEL, which several manifests can share. What
            is there of the same audio under another id is not computed again.
        layers: the encoder's layers to store, such as "0,4-12" or `[0, 4]`; all by default. No
            layer above the highest is computed.
        window: what a Whisper sees at once: "30" s, filled up with silence as it was trained, or
            "short", the utterance and no silence, several times as fast and not the model as
            trained. For no other model.
        normalize_waveform: "yes" or "no": whether each waveform is brought to mean 0 and
            variance 1. By default the checkpoint decides, or if it does not say, what its family
            was published with. Not for Whisper, which takes spectrograms.
        pool: keep of each utterance its frames' "mean", or their "mean+deviation", one vector a
            layer; by default all frames.
        frames: average neighbouring frames to so many a second, such as 10; by default all
            frames.
        augment: extract changed copies in place of the utterances, for `featx.fit` to train on
            too: a preset, "mixed", "noise" or "voice", or the path of a TOML like theirs. They go
            to a store of their own, by default features/MANIFEST~PRESET/MODEL, as ID~1, ID~2, ...
        copies: how many changed copies there are of each utterance.
        dtype: the type to store features in; by default float16 for encoders and float32 for
            acoustic and pooled features. "int8" has a scale for each utterance, layer and feature.
        compress: compress the features, which loses nothing, once they are all written. They are
            read more slowly.
        precision: the type to compute in; "auto" measures which is fastest and exact enough, once
            a machine and encoder, and keeps to it.
        device: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".
        batch_seconds: seconds of audio in a batch; by default 15 on a processor, 120 on a GPU.
        max_seconds: the longest utterance that is taken, in seconds.
        too_long: "refuse" longer utterances, or "trim" them to their beginning.
        update: compute the features of utterances again whose audio is not that which their
            features were computed from; without it, these are refused.
        again: ids of utterances whose features are computed again, though their audio is the same.
        max_failures: stop when more utterances than this fail: a count such as 10, or a share such
            as "5%"; by default the others are done, however many fail.
        shard: write only a part, such as "2/8", the second of eight, as a job of an array. Parts
            have files of their own; the store is whole when all are done.
        engine: "local" computes in this process, "ray" on the machines of a Ray cluster, a GPU or
            a group of cores each. Features are the same.
        address: the Ray cluster to join; by default this machine alone.
        dry_run: plan everything and write nothing; needs no weights.

    Returns:
        What was done: `store` has the features, `extracted` and `kept` count utterances, and
        `failures` says why utterances have no features.

    Raises:
        FeatxError: if the model is unknown or not to be had, no utterance can be extracted, or
            an argument's value can't be used.
        StoreError: if the folder holds other features, or another process writes to it.
        DiskFull: if the disk has no room for the features.
        Interrupted: on Ctrl-C; the same call goes on from there.

    Example:
        >>> extraction = featx.extract("encoder", layers="0,2", out="features/few")
        >>> extraction.store.layout.layers
        ('0', '2')
        >>> extraction.failures
        {}
    """
    if out is not None:
        refuse_with(extract, dict(locals()), {"store"}, "out", "which is the store's folder")
    if augment is None:
        given = {"copies": copies}
        refuse_with(extract, given, {"copies"}, "augment=None", "which changes nothing")
    compute = Compute(device, str(devices), precision, batch_seconds)
    config = ExtractConfig(
        str(model),
        revision,
        None if layers is None else join_layers(layers),
        dtype,
        compute,
        LengthLimit(max_seconds, too_long == "trim"),
        cast(Window, str(window)),
        normalize_waveform,
        pool,
        frames,
        _copies(augment, copies),
        WriteOptions(
            Renewal(update, tuple(as_list(again))),
            None if max_failures is None else MostFailures(str(max_failures)),
            None if shard is None else Part.parse(shard),
            compress,
        ),
    )
    utterances = manifest if isinstance(manifest, Manifest) else load_with_gaps(manifest)
    folder = to_path(out) if out is not None else store_folder(utterances.path, str(model), store)
    if augment is not None and out is None:
        folder = copies_folder(folder, str(augment))
    with Engine(engine, address) as machines:
        return extract_features(config, utterances, folder, dry_run, machines)


def extract_features(
    config: ExtractConfig,
    manifest: Manifest,
    folder: Path,
    dry_run: bool = False,
    engine: Engine = HERE,
) -> Extraction:
    """Do what `extract` does, as a config says.

    Args:
        config: what to extract.
        manifest: the utterances.
        folder: the store's folder, or its URL.
        dry_run: plan everything and write nothing.
        engine: where to compute.

    Raises:
        FeatxError: as for `extract`.
        StoreError: as for `extract`.
        Interrupted: on Ctrl-C.
    """
    config.write.renewal.check(manifest.path, _names(config, manifest))
    if not engine.is_local:
        refuse_with_actors(config)
    if dry_run:
        plan = plan_features(config, find_outline(config), manifest)
        log.info("%s", plan.describe())
        return Extraction(folder, plan, 0, 0, plan.failures, dry_run=True)
    if isinstance(folder, RemotePath):
        return _extract_to_server(config, manifest, folder, engine)
    return _extract_here(config, manifest, folder, engine)


def _extract_here(
    config: ExtractConfig, manifest: Manifest, folder: Path, engine: Engine
) -> Extraction:
    with claiming(folder, _names(config, manifest), config.write):
        actors = None if engine.is_local else Actors(engine, config)
        config = actors.config if actors else config
        # what can't be computed is refused before every file is read
        extractor = find_extractor(config)
        plan = plan_features(config, extractor.outline, manifest)
        log.info("%s", plan.describe())
        return write_features(extractor, plan, folder, config.write, actors=actors)


def _copies(augment: str | Path | None, number: int) -> Copies | None:
    if augment is None:
        return None
    return Copies(open_augmentation(find_augmentation("augment", augment)), number)


def _names(config: ExtractConfig, manifest: Manifest) -> list[str]:
    """Return the ids of all that is extracted."""
    made = config.copies.of(manifest.utterances) if config.copies else manifest.utterances
    return [utterance.utterance for utterance in made]


def _extract_to_server(
    config: ExtractConfig, manifest: Manifest, url: RemotePath, engine: Engine
) -> Extraction:
    if config.write.part:
        raise FeatxError(
            f"`shard` needs a folder that all jobs see; {url} is on a server. Leave `shard` out, "
            "or write to a folder with `out`."
        )
    copy = StoreCopy(url)
    with claiming(copy.folder, _names(config, manifest), config.write):
        copy.fetch(writable=True)
        with sending(copy):
            extraction = _extract_here(config, manifest, copy.folder, engine)
    return replace(extraction, folder=url)
