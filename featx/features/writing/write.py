"""A plan's features are written to a store: room is made, then it is filled."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from cache import SHARD_BYTES, FeatureIdentity, FeatureStore, check_disk, prepare_store
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.features.config import DEFAULT_WRITE, ExtractConfig, WriteOptions
from featx.features.extraction import Extraction
from featx.features.planning.batches import block_samples
from featx.features.planning.plan import ExtractionPlan, plan_extraction
from featx.features.planning.plan_copies import plan_copies
from featx.features.writing.actors import Actors
from featx.features.writing.failures import FailureList
from featx.features.writing.fill import compress_features, compute_here, fill
from featx.features.writing.lock import completing
from featx.features.writing.work import Extractor, Outline, Work
from featx.utils.text import counted, listed

log = logging.getLogger("featx")
Check = Callable[[FeatureIdentity], None]


def plan_features(config: ExtractConfig, outline: Outline, manifest: Manifest) -> ExtractionPlan:
    """Work out what a store of features will hold, without decoding audio.

    Raises:
        FeatxError: if no utterance at all, or no copy, can be extracted.
    """
    dtype = config.dtype or outline.dtype
    plan = plan_extraction(manifest, outline.shape, dtype, outline.layers, config.limit)
    return plan_copies(plan, config.copies, outline.shape) if config.copies else plan


def write_features(
    extractor: Extractor,
    plan: ExtractionPlan,
    folder: Path,
    write: WriteOptions = DEFAULT_WRITE,
    check: Check | None = None,
    actors: Actors | None = None,
) -> Extraction:
    """Write the features of the planned utterances to a store.

    Args:
        extractor: what computes them.
        plan: what to write.
        folder: the store's folder.
        write: how the store is written to.
        check: called with what the features will be, before any is computed; it may refuse them.
        actors: what computes them, if it is not this process.

    Raises:
        FeatxError: if the model can't be loaded or can't be computed with as asked, or too many
            utterances failed.
        StoreError: if the folder holds other features, or another process writes to it.
        DiskFull: if the disk has no room for the features.
        Interrupted: on Ctrl-C.
    """
    with completing(folder, plan.planned, write) as alone:
        listing = write.listing(folder, alone)
        _check_failures(listing, plan)
        if not write.part and not FeatureStore.exists(folder):
            check_disk(folder, plan.nbytes)
        work = extractor.start(plan, folder)
        trimmed_to = plan.limit.seconds if plan.trimmed else None  # those who fit must know
        identity = replace(work.identity, trimmed_to=trimmed_to, augmentation=plan.augmentation)
        work = replace(work, identity=identity)
        if check:
            check(work.identity)
        if write.part:
            plan = write.part.cut(plan, block_samples(work.seconds))
            log.info("%s", write.part.describe(plan))
            if not plan.planned:
                listing.write(plan.failures)
                return Extraction(folder, plan, 0, 0, plan.failures, failures_file=listing.name)
        store = _prepare(work, plan, folder, write, actors)
        compute = partial(actors.compute if actors else compute_here, store, plan, work, listing)
        extraction = fill(store, plan, compute, write, listing)
        if write.compress:
            compress_features(folder, plan, write.prefix)
        return extraction


def _check_failures(listing: FailureList, plan: ExtractionPlan) -> None:
    """Stop if too many can't be planned, which are then listed."""
    try:
        listing.check(plan.failures, plan.asked)
    except FeatxError:
        listing.write(plan.failures)
        raise


def _prepare(
    work: Work,
    plan: ExtractionPlan,
    folder: Path,
    write: WriteOptions,
    actors: Actors | None,
) -> FeatureStore:
    """Open a store with room for the plan, and say what of it will be done again."""
    store = prepare_store(
        folder,
        plan.planned,
        plan.layout,
        work.identity,
        work.software,
        actors.shard_bytes(plan) if actors else SHARD_BYTES,
        block_samples(work.seconds),
        write.prefix,
        update=write.renewal.update,
        again=write.renewal.again,
    )
    if store.replaced:
        count = counted(len(store.replaced), "utterance")
        log.info("The audio of %s has changed: %s.", count, listed(store.replaced))
    return store
