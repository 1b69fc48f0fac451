"""Features computed by the actors of an engine, a shard at a time.

Where an actor sees the store's folder, it writes the shard itself and says what it has done.
Elsewhere it sends features home, no more than are asked for.
"""

import logging
import math
import secrets
from collections.abc import Iterator
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from cache import SHARD_BYTES, FeatureStore, StoreError
from featx.engines.engine import Engine
from featx.errors import FeatxError, Interrupted
from featx.features.acoustic.settings import read_acoustic
from featx.features.batches import plan_batches
from featx.features.choices import Precision
from featx.features.config import ExtractConfig
from featx.features.encoders.devices import BATCH_SECONDS
from featx.features.extraction import Extraction
from featx.features.failures import Failure, write_failures
from featx.features.fill import fill, find_waiting
from featx.features.plan import ExtractionPlan
from featx.features.shard_tasks import Done, Order, ShardTask, facts, open_shard
from featx.features.work import Work
from featx.utils.progress import Advance, progress

SHARDS_EACH = 8  # for an actor, so that all end at about the same time
log = logging.getLogger("featx")


class _ShardJob:
    """A shard that is filled somewhere.

    Args:
        path: its file.
        plan: what it holds of the plan.
        aliases: ids under which its features are known too.
        alone: whether the whole extraction is a single batch.
        failures: why utterances failed, to which this shard's are added.
        advance: counts work that is done.
    """

    def __init__(
        self,
        path: Path,
        plan: ExtractionPlan,
        aliases: dict[str, str],
        alone: bool,
        failures: dict[str, Failure],
        advance: Advance,
    ) -> None:
        self._path, self._plan, self._alone = path, plan, alone
        self._aliases = aliases
        self._failures, self._advance = failures, advance
        self._planned = {planned.utterance: planned for planned in plan.planned}
        self._left: set[str] | None = None

    def make(self) -> ShardTask:
        """Return what is to be done, without what a lost actor has done."""
        self._store = open_shard(self._path, self._aliases)
        waiting = find_waiting(self._store, self._plan) - self._failures.keys()
        if self._left is not None:  # what was written and not said any more
            self._count(self._left - waiting)
        self._left = set(waiting)
        return ShardTask(self._path, self._plan, frozenset(waiting), self._aliases, self._alone)

    def heed(self, done: Done) -> None:
        """Take note of what is done, and write what was sent home."""
        self._failures |= done.failures
        for name, features in done.features.items():
            try:
                self._store.write(name, features, self._planned[name].source)
            except StoreError as error:
                self._failures[name] = self._plan.failed(self._planned[name], "store", error)
        self._count(set(done.utterances))

    def _count(self, names: set[str]) -> None:
        assert self._left is not None, "nothing is done before it is given out"
        self._advance(self._plan.work([self._planned[name] for name in names & self._left]))
        self._left -= names


class Actors:
    """The actors of an engine, which compute the features of one extraction.

    Args:
        engine: the machines.
        config: what to extract.

    Attributes:
        config: the same for this process, which computes nothing.

    Raises:
        FeatxError: if the machines lack what is asked for.
    """

    def __init__(self, engine: Engine, config: ExtractConfig) -> None:
        compute = config.compute
        self._engine, self.config = engine, config
        self._by_encoder = config.model not in read_acoustic()
        on_gpus = self._by_encoder and (
            compute.device.startswith("cuda")
            or (compute.device == "auto" and engine.cluster.has_gpus)
        )
        self._share = engine.cluster.share(on_gpus)
        if on_gpus and compute.precision == "auto":
            raise FeatxError(
                "`precision='auto'` is measured on this machine, and `engine='ray'` computes on "
                "others. Choose a precision, such as float32."
            )
        if self._by_encoder:
            seconds = compute.batch_seconds or BATCH_SECONDS["cuda" if on_gpus else "cpu"]
            here = replace(compute, device="cpu", devices="1", batch_seconds=seconds)
            self.config = replace(config, compute=here)

    def shard_bytes(self, plan: ExtractionPlan) -> int:
        """Return the size of shards of which each actor gets several."""
        actors = max(1, self._engine.cluster.room(self._share))
        return min(SHARD_BYTES, math.ceil(plan.nbytes / (SHARDS_EACH * actors)))

    def fill(
        self,
        store: FeatureStore,
        plan: ExtractionPlan,
        work: Work,
    ) -> Extraction:
        """Have what a store lacks computed.

        Args:
            store: a store with room for the plan.
            plan: what to write.
            work: how features are computed; here only what they are matters.

        Raises:
            FeatxError: if machines would compute other features, memory runs out, or too many
                utterances failed.
            Interrupted: on Ctrl-C.
        """
        failures = dict(plan.failures)
        waiting = find_waiting(store, plan)
        if not waiting:
            return fill(store, plan, work.workers, work.seconds)
        try:
            with _token(store.folder) as token:
                self._run(store, plan, work, token, waiting, failures)
        except KeyboardInterrupt:
            count = sum(map(FeatureStore(store.folder).is_done, _names(plan)))
            raise Interrupted(
                f"Interrupted with {count} of {len(plan.planned)} utterances done. "
                "Extract the features again to go on from there."
            ) from None
        finally:
            write_failures(store.folder, failures)
        filled = FeatureStore(store.folder)
        filled.adopt(store.aliases)
        filled.flush()
        kept = len(plan.planned) - len(waiting)
        return Extraction(
            store.folder,
            plan,
            sum(map(filled.is_done, waiting)),
            kept,
            failures,
            len(store.aliases),
        )

    def _run(
        self,
        store: FeatureStore,
        plan: ExtractionPlan,
        work: Work,
        token: str,
        waiting: set[str],
        failures: dict[str, Failure],
    ) -> None:
        bare = replace(plan, utterances=(), planned=(), failures={})
        config = self.config
        if self._by_encoder:
            precision = cast(Precision, work.identity.precision)
            config = replace(config, compute=replace(config.compute, precision=precision))
        order = Order(config, bare, store.folder, token, facts(work))
        whole, missing = (
            plan.work(those)
            for those in (plan.planned, [p for p in plan.planned if p.utterance in waiting])
        )
        title = f"Extracting on {self._engine.cluster.room(self._share)} actors"
        log.debug("%s of %d cores and %d GPUs", title, self._share.cores, self._share.gpus)
        with (
            progress("Extracting", whole, plan.unit, whole - missing) as advance,
            self._engine.pool(order, self._share) as pool,
        ):
            jobs = _shard_jobs(store, plan, work.seconds, waiting, failures, advance)

            def heed(job: _ShardJob, done: Done) -> None:
                job.heed(done)
                if most := self.config.write.max_failures:
                    most.check(failures, plan.asked, store.folder)

            futures = [pool.submit(job.make, partial(heed, job)) for job in jobs]
            for future in as_completed(futures):
                future.result()


def _shard_jobs(
    store: FeatureStore,
    plan: ExtractionPlan,
    seconds: float,
    waiting: set[str],
    failures: dict[str, Failure],
    advance: Advance,
) -> list[_ShardJob]:
    """Return the shards with something to compute, those with the most first."""
    groups = store.by_shard(plan.planned)
    alone = len(groups) == 1 and len(plan_batches(groups[0], seconds)) == 1
    known = {utterance.utterance: utterance for utterance in plan.utterances}
    jobs = []
    for planned in groups:
        left = [p for p in planned if p.utterance in waiting]
        if left:
            path = store.path(planned[0].utterance)
            own = replace(
                plan,
                utterances=tuple(known[p.utterance] for p in planned),
                planned=tuple(planned),
                failures={},
            )
            aliases = {
                p.utterance: store.aliases[p.utterance]
                for p in planned
                if p.utterance in store.aliases
            }
            jobs.append((plan.work(left), _ShardJob(path, own, aliases, alone, failures, advance)))
    return [job for _, job in sorted(jobs, key=lambda job: -job[0])]


def _names(plan: ExtractionPlan) -> list[str]:
    return [planned.utterance for planned in plan.planned]


@contextmanager
def _token(folder: Path) -> Iterator[str]:
    """Put a file into a folder by which others know it; yield the file's name."""
    token = folder / f".seen-{secrets.token_hex(8)}"
    token.touch()
    try:
        yield token.name
    finally:
        token.unlink(missing_ok=True)
