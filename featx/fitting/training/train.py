"""Train heads on feature stores, for every seed and fold."""

import logging
import threading
import time
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from cache import check_disk, describe_bytes
from classifiers.batch import Examples
from classifiers.cores import Crew, Worker, use_one_core
from classifiers.heads import train_head
from classifiers.linear import LinearSettings
from classifiers.training import predict
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.devices import Compute
from featx.fitting.heads.member import Member, load_member
from featx.fitting.inputs.data import SHARE, Source, fits_in_memory, fold_examples, prepare
from featx.fitting.objective import describe_score
from featx.fitting.plan import PlannedFit
from featx.protocols.task import Task
from featx.utils.machine import available_memory, device_name
from featx.utils.parallel import map_ahead
from featx.utils.progress import Advance, progress

_COPIES = 4  # of the features of a linear head while it is fitted: pooled, scaled, turned, whitened
Job = TypeVar("Job")
Head = TypeVar("Head")
Work = Callable[[PlannedFit, Job, Sequence[Source], Worker], Head]
"""Trains a head on the features of each store; the job says which head it is."""
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Assignment:
    """A head that is to be trained.

    Attributes:
        seed: the seed of its initial weights, order and dropout.
        fold: the number of the fold that it is trained, validated and tested on.
    """

    seed: int
    fold: int


class Trainers(typing.Protocol):
    """Who trains heads: the threads of this process, or the actors of an engine."""

    def place(self, compute: Compute) -> torch.device:
        """Return where this process wants features."""

    def device_name(self, compute: Compute) -> str:
        """Return the name of what heads are trained on."""

    def train(
        self,
        fit: PlannedFit,
        jobs: Sequence[Job],
        work: Work[Job, Head],
        compute: Compute,
        step: Advance,
    ) -> Iterator[Head]:
        """Yield each head as it is finished; before, `step` may be called with shares of it."""


class Threads:
    """Trains heads side by side in this process, as many as there are cores."""

    def place(self, compute: Compute) -> torch.device:
        """Return where features are wanted: where heads are trained."""
        return compute.place

    def device_name(self, compute: Compute) -> str:
        """Return the name of what heads are trained on."""
        return device_name(compute.place)

    def train(
        self,
        fit: PlannedFit,
        jobs: Sequence[Job],
        work: Work[Job, Head],
        compute: Compute,
        step: Advance,
    ) -> Iterator[Head]:
        """Yield each head, in the order of the jobs."""
        pooled = takes_moments(fit)
        keep = fits_in_memory(fit.data, compute.memory)
        where = "kept in memory" if keep else "read from the disk as needed"
        log.debug("%s of features, %s", describe_bytes(fit.data.nbytes()), where)
        device = compute.place
        sources = prepare(fit.data, fit.config.normalize, keep, pooled)
        # a disk serves one head best, and a GPU is one worker
        cores = 1 if device.type == "cuda" else torch.get_num_threads()
        readers = cores if keep else 1
        most = _fitting_at_once(fit) if pooled else readers
        side_by_side = min(cores, most, len(jobs))
        stop = threading.Event()

        def train(job: Job) -> Head:
            with Crew(cores // side_by_side) as crew:
                return work(fit, job, sources, Worker(crew, stop, device, step))

        with one_core_products():
            yield from map_ahead(train, jobs, side_by_side, use_one_core, stop.set)


THREADS = Threads()


def fit_members(
    fit: PlannedFit,
    folder: Path,
    compute: Compute,
    trainers: Trainers = THREADS,
    work: Work[Assignment, Member] | None = None,
) -> list[Member]:
    """Train a head for every seed and fold; those finished earlier are taken up again.

    Args:
        fit: what to train, and on what.
        folder: where finished members are kept.
        compute: what to compute with; of no effect on the result.
        trainers: who trains; of no effect either.
        work: trains a head; by default `fit_member`.

    Raises:
        FeatxError: if training diverges, or the disk has no room for all heads.
        Interrupted: on Ctrl-C.
    """
    assignments = assign(fit)
    members = find_members(fit, folder)
    missing = [assignment for assignment in assignments if assignment not in members]
    try:
        heads = train_each(fit, missing, len(members), compute, work or fit_member, trainers)
        for number, member in enumerate(heads):
            nbytes = member.save(folder, fit.inputs)
            members[Assignment(member.seed, member.fold)] = member
            if number == 0:  # the others are as large, and the run's weights as all of them
                others = nbytes * (len(missing) - 1 + len(assignments))
                check_disk(folder, others, "the other heads", "choose a folder on another disk")
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(assignments)} heads trained. "
            "Start the same fit again to go on from there."
        ) from None
    return sorted(members.values(), key=lambda member: (member.seed, member.fold))


def assign(fit: PlannedFit) -> list[Assignment]:
    """Return the heads of a fit, fold by fold."""
    seeds = range(fit.config.seeds)
    return [Assignment(seed, fold.number) for fold in fit.data.task.folds for seed in seeds]


def find_members(fit: PlannedFit, folder: Path) -> dict[Assignment, Member]:
    """Return the heads of a fit that were finished earlier."""
    found = ((a, load_member(folder, a.seed, a.fold, fit.inputs)) for a in assign(fit))
    return {assignment: member for assignment, member in found if member}


def train_each(
    fit: PlannedFit,
    missing: Sequence[Job],
    done: int,
    compute: Compute,
    work: Work[Job, Head],
    trainers: Trainers,
) -> Iterator[Head]:
    """Train heads, and show how far that is.

    Args:
        fit: what to train, and on what.
        missing: what says of each head which it is.
        done: how many heads were trained before.
        compute: what to compute with.
        work: trains a head.
        trainers: who does it.

    Returns:
        Each head as it is finished.
    """
    if not missing:
        return
    with progress("Fitting", len(missing) + done, "heads", done) as advance:
        shown = Shown(advance)
        heads = trainers.train(fit, missing, work, compute, shown.step)
        for finished, head in enumerate(heads, 1):
            yield head
            shown.reach(finished)


class Shown:
    """How many heads are trained, in parts of them, as threads say."""

    def __init__(self, advance: Advance) -> None:
        self._advance, self._lock, self._done = advance, threading.Lock(), 0.0

    def step(self, share: float) -> None:
        """Note that so much more of a head is done."""
        with self._lock:
            self._done += share
            self._advance(share)

    def reach(self, finished: int) -> None:
        """Note that so many heads are finished, if it does not show yet."""
        if self._done < finished:
            self.step(finished - self._done)


def takes_moments(fit: PlannedFit) -> bool:
    """Tell whether a head needs no frames, only each utterance's mean and deviation."""
    return isinstance(fit.config.head, LinearSettings)


def one_core_products() -> AbstractContextManager[object]:
    """Keep products of numpy and scipy, which would take all cores, on one."""
    return threadpool_limits(1, "blas")  # type: ignore[no-any-return]


def _fitting_at_once(fit: PlannedFit) -> int:
    """Return how many linear heads memory has room for, each with its features in float64."""
    (shape,) = fit.data.shapes
    features = 2 * shape.layers * shape.dim
    needed = _COPIES * 8 * features * len(fit.data.task.utterances)
    return max(1, int(SHARE * available_memory() / needed))


def fit_member(
    fit: PlannedFit, assignment: Assignment, sources: Sequence[Source], worker: Worker
) -> Member:
    """Train the head of a seed on a fold, and have it predict.

    Raises:
        FeatxError: if training diverges.
    """
    begin = time.perf_counter()
    seed, fold = assignment.seed, assignment.fold
    parts = next(known for known in fit.data.task.folds if known.number == fold)
    examples = fold_examples(fit.data.task, sources, parts, fit.config.normalize)
    training, validation = examples["train"], examples["validation"]
    try:
        trained = train_head(fit.design, training, validation, seed, worker)
    except FloatingPointError as error:
        raise FeatxError(f"seed {seed}, fold {fold}: {error}") from error
    if trained.remark:
        log.info("Note: seed %d, fold %d: %s.", seed, fold, trained.remark)
    probabilities = {
        "validation": predict(trained.head, validation, worker.cores),
        "test": predict(trained.final, examples["test"], worker.cores),
    }
    member = Member.of(seed, fold, trained, training, probabilities)
    _log_member(fit.data.task, member, examples, time.perf_counter() - begin)
    return member


def _log_member(
    task: Task, member: Member, examples: Mapping[str, Examples], seconds: float
) -> None:
    sizes = ", ".join(f"{len(examples[part])} {name}" for part, name in _PARTS.items())
    best = member.best_epoch
    log.debug(
        f"seed {member.seed}, fold {member.fold}: {sizes} utterances; "
        f"{len(member.history)} epochs, best {best.epoch} with validation loss "
        f"{best.validation_loss:.4f}, {describe_score(task, best.validation_score)}; "
        f"{seconds:.1f} s"
    )


_PARTS = {"train": "training", "validation": "validation", "test": "test"}
