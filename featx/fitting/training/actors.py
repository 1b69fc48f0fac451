"""Heads trained by the actors of an engine: a core or a GPU each."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Self

import torch

from cache import StoreError
from classifiers.cores import CPU, Crew, Worker
from featx.engines.engine import Engine, refuse_numbered
from featx.engines.pool import Pool
from featx.engines.tasks import Share
from featx.errors import FeatxError
from featx.features.encoders.devices import Compute
from featx.features.stores.folders import open_adopted
from featx.fitting.inputs.data import SHARE, Source, fits_in_memory, prepare
from featx.fitting.inputs.joined_store import AnyStore, JoinedStore
from featx.fitting.inputs.selection import Selection
from featx.fitting.plan import PlannedFit
from featx.fitting.training.train import (
    THREADS,
    Head,
    Job,
    Trainers,
    Work,
    one_core_products,
    takes_moments,
)
from featx.utils.machine import available_memory
from featx.utils.progress import Advance

QUEUED = 4  # heads an actor, that wait while others are trained
_OWN = ("store", "device")  # of a selection, which each machine has its own of
_KEYS = count()  # a fit and its final heads have other folds


_SentStore = tuple[Path, dict[str, str], Mapping[str, str] | None]


def _send(store: AnyStore) -> list[_SentStore]:
    if not isinstance(store, JoinedStore):
        return [(store.folder, store.aliases, None)]
    pairs = zip(store.stores, store.own, strict=True)
    return [(alone.folder, alone.aliases, own) for alone, own in pairs]


def _open(sent: Sequence[_SentStore]) -> AnyStore:
    stores = [open_adopted(folder, aliases) for folder, aliases, _ in sent]
    own = [names for _, _, names in sent if names is not None]
    return JoinedStore(stores, own) if own else stores[0]


@dataclass(frozen=True)
class _SentFit:
    """A fit on its way to other machines, which open its stores by their paths.

    Attributes:
        fit: the fit without what is used of its stores.
        stores: of each selection the paths of its stores, with the ids that they adopted and those
            that utterances have together with others'; and its arguments but for the store and
            the device; then the same of each store of copies.
        memory: bytes that features may take in each actor; None for a share of what is there.
    """

    fit: PlannedFit
    stores: tuple[tuple[list[_SentStore], dict[str, Any]], ...]
    memory: float | None

    @classmethod
    def of(cls, fit: PlannedFit, compute: Compute) -> Self:
        """Return a fit ready to be sent."""
        data = fit.data
        copies = data.copies.selections if data.copies else ()
        names = [field.name for field in fields(Selection) if field.name not in _OWN]
        stores = tuple(
            (_send(s.store), {name: getattr(s, name) for name in names})
            for s in (*data.selections, *copies)
        )
        sent = replace(
            data, selections=(), copies=data.copies and replace(data.copies, selections=())
        )
        return cls(replace(fit, data=sent), stores, compute.memory)

    def open(self, device: torch.device) -> PlannedFit:
        """Return the fit on this machine.

        Raises:
            FeatxError: if a store is not to be seen here.
        """
        try:
            selections = tuple(
                Selection(_open(sent), device=device, **used) for sent, used in self.stores
            )
        except StoreError as error:
            raise FeatxError(
                f"{error.message} Every machine of the Ray cluster must see the stores of a fit "
                "under the same path, as on a shared disk."
            ) from error
        data, count = self.fit.data, len(self.fit.config.stores)
        copies = data.copies and replace(data.copies, selections=selections[count:])
        opened = replace(data, selections=selections[:count], copies=copies)
        return replace(self.fit, data=opened)


@dataclass(frozen=True)
class _HeadTask:
    """A head for an actor to train.

    Attributes:
        fit: its fit, in the object store.
        key: what tells fits apart.
        job: which head it is.
        work: trains it.
    """

    fit: Any
    key: int
    job: Any
    work: Work[Any, Any]


class _Trainer:
    """Trains heads in an actor; the features of the last fit stay open."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._device = torch.device("cuda" if share.gpus else "cpu")
        self._key = -1
        self._opened: tuple[PlannedFit, Sequence[Source]] | None = None

    def __call__(self, task: _HeadTask) -> Iterator[Any]:
        """Yield the head."""
        if self._opened is None or self._key != task.key:
            self._opened = None  # before the next takes memory
            self._opened, self._key = self._open(task.fit.get()), task.key
        fit, sources = self._opened
        with one_core_products(), Crew(self._share.cores) as crew:
            yield task.work(fit, task.job, sources, Worker(crew, threading.Event(), self._device))

    def _open(self, sent: _SentFit) -> tuple[PlannedFit, Sequence[Source]]:
        fit = sent.open(self._device)
        limit = sent.memory
        if limit is None and not self._share.gpus:
            limit = SHARE * available_memory() / self._share.neighbours
        keep = fits_in_memory(fit.data, limit)
        return fit, prepare(fit.data, fit.config.normalize, keep, takes_moments(fit))


def train_on(engine: Engine) -> AbstractContextManager[Trainers]:
    """Return who trains heads on an engine, for the length of a `with` block."""
    return nullcontext(THREADS) if engine.is_local else TrainingActors(engine)


class TrainingActors:
    """Trains heads on the machines of an engine, for one fit after another.

    Actors are started when the first head is to be trained.

    Args:
        engine: the machines.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool: Pool | None = None
        self._on_gpus = False
        self._ahead: dict[tuple[str, Any], Future[list[Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.__exit__()
            self._pool = None

    @property
    def has_enough(self) -> bool:
        """Whether as many heads wait as keep all actors busy for a while."""
        return self._pool is not None and self._pool.waiting >= QUEUED * self._pool.room

    def place(self, compute: Compute) -> torch.device:
        """Return where this process reads features: no head is trained here."""
        return CPU

    def device_name(self, compute: Compute) -> str:
        """Return what heads are trained on, as far as it is known here."""
        return "GPUs of a Ray cluster" if _on_gpus(compute) else CPU.type

    def begin(
        self, fit: PlannedFit, jobs: Sequence[Job], work: Work[Job, Head], compute: Compute
    ) -> None:
        """Have heads trained that `train` is asked for later."""
        self._ahead |= self._submit(fit, jobs, work, compute, urgent=False)

    def train(
        self,
        fit: PlannedFit,
        jobs: Sequence[Job],
        work: Work[Job, Head],
        compute: Compute,
        step: Advance,
    ) -> Iterator[Head]:
        """Yield each head as it is finished."""
        begun = {job: self._ahead.pop((fit.inputs, job), None) for job in jobs}
        futures = [future for future in begun.values() if future]
        left = [job for job, future in begun.items() if future is None]
        if left:
            futures += self._submit(fit, left, work, compute, urgent=True).values()
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            for future in futures:
                future.cancel()

    def _submit(
        self,
        fit: PlannedFit,
        jobs: Sequence[Job],
        work: Work[Job, Head],
        compute: Compute,
        urgent: bool,
    ) -> dict[tuple[str, Any], Future[list[Any]]]:
        pool = self._at_work(compute)
        # what is measured is kept beside the store, where every actor finds it
        prepare(fit.data, fit.config.normalize, keep=False, pooled=takes_moments(fit))
        sent = self._engine.cluster.put(_SentFit.of(fit, compute))
        key = next(_KEYS)
        return {
            (fit.inputs, job): pool.submit(partial(_HeadTask, sent, key, job, work), urgent=urgent)
            for job in jobs
        }

    def _at_work(self, compute: Compute) -> Pool:
        """Return actors that have what is to be computed with."""
        refuse_numbered(compute.device)
        on_gpus = _on_gpus(compute)
        if self._pool and self._on_gpus != on_gpus:
            self.__exit__()  # they would keep each other's cores
        if not self._pool:
            share = self._engine.cluster.share(on_gpus, most_cores=1)
            self._pool, self._on_gpus = self._engine.pool(_Trainer, share), on_gpus
            self._pool.__enter__()
        return self._pool


def _on_gpus(compute: Compute) -> bool:
    return compute.device.startswith("cuda")
