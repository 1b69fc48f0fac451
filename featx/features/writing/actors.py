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
from featx.engines.engine import Engine, refuse_numbered
from featx.errors import FeatxError
from featx.features.acoustic.settings import read_acoustic
from featx.features.choices import Precision
from featx.features.config import ExtractConfig
from featx.features.encoders.devices import BATCH_SECONDS
from featx.features.planning.batches import plan_batches
from featx.features.planning.plan import ExtractionPlan
from featx.features.stores.folders import open_adopted
from featx.features.writing.failures import Failure, FailureList
from featx.features.writing.fill import find_waiting
from featx.features.writing.shard_tasks import Done, Order, ShardTask, facts
from featx.features.writing.work import Work
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
        self._store = open_adopted(self._path.parent, self._aliases, self._path.name)
        waiting = find_waiting(self._store, self._plan, others_write=False)
        waiting -= self._failures.keys()
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


def refuse_with_actors(config: ExtractConfig) -> None:
    """Raise a FeatxError if a config says itself how the work is divided, which is for Ray."""
    compute = config.compute
    if config.write.part:
        raise FeatxError("`shard` is for job arrays; `engine='ray'` divides the work by itself.")
    if compute.devices != "1":
        raise FeatxError(
            f"`devices={compute.devices!r}`: `engine='ray'` has an actor on each GPU of the "
            "cluster. Leave it out."
        )
    refuse_numbered(compute.device)


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

    def compute(
        self,
        store: FeatureStore,
        plan: ExtractionPlan,
        work: Work,
        listing: FailureList,
        waiting: set[str],
        failures: dict[str, Failure],
    ) -> FeatureStore:
        """Have what waits computed, as `Compute` says.

        Args:
            store: a store with room for the plan.
            plan: what to write.
            work: how features are computed; here only what they are matters.
            listing: how many may fail.
            waiting: the utterances to compute.
            failures: those so far, to which others are added.

        Raises:
            FeatxError: if machines would compute other features, memory runs out, or too many
                utterances failed.
        """
        with _token(store.folder) as token:
            order = self._order(store.folder, plan, work, token)
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
                    listing.check(failures, plan.asked)

                futures = [pool.submit(job.make, partial(heed, job)) for job in jobs]
                for future in as_completed(futures):
                    future.result()
        filled = open_adopted(store.folder, store.aliases)
        filled.flush()
        return filled

    def _order(self, folder: Path, plan: ExtractionPlan, work: Work, token: str) -> Order:
        bare = replace(plan, utterances=(), planned=(), failures={})
        config = self.config
        if self._by_encoder:
            precision = cast(Precision, work.identity.precision)
            config = replace(config, compute=replace(config.compute, precision=precision))
        return Order(config, bare, folder, token, facts(work))


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


@contextmanager
def _token(folder: Path) -> Iterator[str]:
    """Put a file into a folder by which others know it; yield the file's name."""
    token = folder / f".seen-{secrets.token_hex(8)}"
    token.touch()
    try:
        yield token.name
    finally:
        token.unlink(missing_ok=True)
