"""Compute the features that a store lacks."""

import typing
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from cache import FeatureStore, Layout, PlannedUtterance, StoreError
from featx.data.audio import AudioError
from featx.errors import Interrupted
from featx.features.config import WriteOptions
from featx.features.extraction import Extraction
from featx.features.planning.batches import plan_batches
from featx.features.planning.plan import ExtractionPlan
from featx.features.stores.folders import open_adopted
from featx.features.writing.failures import Failure, FailureList
from featx.features.writing.work import Work, Workers
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress

Batch = Sequence[PlannedUtterance]
Compute = Callable[[set[str], dict[str, Failure]], FeatureStore]
"""Computes the utterances that wait, adds to the failures, and returns the store as it is then."""


def fill(
    store: FeatureStore,
    plan: ExtractionPlan,
    compute: Compute,
    write: WriteOptions,
    listing: FailureList,
) -> Extraction:
    """Compute what a store lacks.

    Utterances that the store already holds are not computed again. Utterances whose audio can't
    be used are reported and listed in a file of the store's folder, and the others are done.

    Args:
        store: a store with room for the plan.
        plan: what to write.
        compute: computes and writes what is missing; called if there is anything.
        write: how the store is written to.
        listing: where failures are listed.

    Raises:
        FeatxError: if memory runs out, or too many utterances failed.
        Interrupted: on Ctrl-C.
    """
    failures = dict(plan.failures)
    waiting = find_waiting(store, plan, others_write=write.part is not None)
    extracted = 0
    try:
        if waiting:
            extracted = sum(map(compute(waiting, failures).is_done, waiting))
    except KeyboardInterrupt:
        done = sum(map(open_adopted(store.folder, store.aliases).is_done, plan.names))
        raise Interrupted(
            f"Interrupted with {done} of {len(plan.planned)} utterances done. "
            "Extract the features again to go on from there."
        ) from None
    finally:
        listing.write(failures)
    return Extraction(
        store.folder,
        plan,
        extracted,
        len(plan.planned) - len(waiting),
        failures,
        len(store.aliases),
        failures_file=listing.name if listing.ours else None,
    )


def compress_features(folder: Path, plan: ExtractionPlan, prefix: str) -> None:
    """Compress the files that hold a plan's features, when nothing is left to do in them.

    A file without any features is left, as it has room for what failed.

    Args:
        folder: the store's folder.
        plan: what was written.
        prefix: what the names of files begin with that nobody else writes to.

    Raises:
        DamagedStore: if features are not those that were written.
        DiskFull: if the disk is too small.
    """
    store = FeatureStore(folder)
    done = (planned for planned in plan.planned if store.is_done(planned.utterance))
    shards = [
        shard
        for shard in store.by_shard(done)
        if store.path(shard[0].utterance).name.startswith(f"{prefix}-")
    ]
    with progress("Compressing", len(shards), "files") as advance:
        for shard in shards:
            store.compress(planned.utterance for planned in shard)
            advance(1)


def find_waiting(store: FeatureStore, plan: ExtractionPlan, others_write: bool) -> set[str]:
    """Return the utterances to compute: those not done, and those damaged since.

    What is damaged is not done any more: of the plan, or of the whole store unless others write
    to it too.
    """
    names = plan.names
    if not all(map(store.is_done, names)):
        # An interrupted machine may have lost writes that an interrupted process does not lose.
        damaged = store.damaged(filter(store.is_done, names) if others_write else None)
        # what is compressed was on the disk before it took its name
        store.forget(name for name in damaged if not store.is_fixed(name))
    return {name for name in names if not store.is_done(name)}


def compute_here(
    store: FeatureStore,
    plan: ExtractionPlan,
    work: Work,
    listing: FailureList,
    waiting: set[str],
    failures: dict[str, Failure],
) -> FeatureStore:
    """Compute in this process, as `Compute` says."""
    # Batches are made of all that was planned, so that one which was begun before a stop is
    # computed with the same utterances as then: in another, features differ in their last bits.
    shards = store.by_shard(plan.planned)
    batches = [batch for shard in shards for batch in plan_batches(shard, work.seconds)]
    filling = Filling(store, plan, waiting, failures)
    whole = plan.work(plan.planned)
    done = whole - filling.waiting_work(plan.planned)
    try:
        with progress("Extracting", whole, plan.unit, done) as advance:
            for batch in filling.steps(work.workers(), batches, alone=len(batches) == 1):
                advance(filling.waiting_work(batch))
                listing.check(failures, plan.asked)
    finally:
        store.flush()
    return store


class Sink(typing.Protocol):
    """Where features go: a store, or whoever sends them to where the store is."""

    layout: Layout

    def write(self, utterance: str, features: np.ndarray, source: int = 0) -> None:
        """Take the features of an utterance."""


class Filling:
    """Decodes, encodes and writes batches, each in threads of its own.

    Args:
        sink: where features go, with room for the plan.
        plan: what to write.
        waiting: the utterances to compute.
        failures: those so far, to which others are added.
    """

    def __init__(
        self,
        sink: Sink,
        plan: ExtractionPlan,
        waiting: set[str],
        failures: dict[str, Failure],
    ) -> None:
        self._sink, self._plan, self._waiting = sink, plan, waiting
        self._failures = failures

    def steps(self, workers: Workers, batches: Sequence[Batch], alone: bool) -> Iterator[Batch]:
        """Compute and write what waits in some batches; yield each when it is written.

        Args:
            workers: the threads that compute.
            batches: with and without something to compute in them.
            alone: whether all that was planned is a single batch: a stop must not change how it
                is computed.
        """
        from classifiers.cores import use_one_core  # with torch, which a plan does not need

        decode = partial(_decode, self._plan)
        waiting = filter(self._waits, batches)
        decoded = map_ahead(decode, waiting, workers.decoders, use_one_core)
        dtype = self._sink.layout.computed
        for (batch, unread), encoded in workers.encode(decoded, dtype, alone):
            self._failures |= unread
            self._write([p for p in batch if p.utterance not in unread], encoded)
            yield batch

    def waiting_work(self, batch: Batch) -> float:
        """Return how much work the utterances of a batch are that are to be computed."""
        return self._plan.work([p for p in batch if p.utterance in self._waiting])

    def _write(self, batch: Batch, encoded: Sequence[np.ndarray]) -> None:
        for planned, features in zip(batch, encoded, strict=True):
            if planned.utterance not in self._waiting:
                continue
            try:
                self._sink.write(planned.utterance, features, planned.source)
            except StoreError as error:
                self._failures[planned.utterance] = self._plan.failed(planned, "store", error)

    def _waits(self, batch: Batch) -> bool:
        return any(planned.utterance in self._waiting for planned in batch)


def _decode(
    plan: ExtractionPlan, batch: Batch
) -> tuple[tuple[Batch, dict[str, Failure]], list[np.ndarray]]:
    """Return a batch, why some of it can't be read, and the others' waveforms."""
    waveforms: list[np.ndarray] = []
    unread = {}
    for planned in batch:
        try:
            waveforms.append(plan.read(planned))
        except AudioError as error:
            unread[planned.utterance] = plan.failed(planned, "decode", error)
    return (batch, unread), waveforms
