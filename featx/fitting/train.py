"""Train heads on feature stores, for every seed and fold."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
from featx.fitting.data import SHARE, Source, fits_in_memory, fold_examples, prepare
from featx.fitting.member import Member, load_member
from featx.fitting.plan import PlannedFit
from featx.protocols.folds import Fold
from featx.utils.machine import available_memory
from featx.utils.parallel import map_ahead
from featx.utils.progress import Advance, progress

_COPIES = 4  # of the features of a linear head while it is fitted: pooled, scaled, turned, whitened
Job = TypeVar("Job")
Head = TypeVar("Head")
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Assignment:
    """A head that is to be trained.

    Attributes:
        seed: the seed of its initial weights, order and dropout.
        fold: the utterances that it is trained, validated and tested on.
    """

    seed: int
    fold: Fold

    @property
    def key(self) -> tuple[int, int]:
        """Seed, and number of the fold."""
        return self.seed, self.fold.number


def fit_members(fit: PlannedFit, folder: Path, compute: Compute) -> list[Member]:
    """Train a head for every seed and fold; those finished earlier are taken up again.

    Args:
        fit: what to train, and on what.
        folder: where finished members are kept.
        compute: what to compute with; of no effect on the result.

    Raises:
        FeatxError: if training diverges, or the disk has no room for all heads.
        Interrupted: on Ctrl-C.
    """
    assignments = [
        Assignment(seed, fold) for fold in fit.data.task.folds for seed in range(fit.config.seeds)
    ]
    found = (load_member(folder, a.seed, a.fold.number, fit.inputs) for a in assignments)
    members = {(member.seed, member.fold): member for member in found if member}
    missing = [assignment for assignment in assignments if assignment.key not in members]
    try:
        work = partial(_fit_member, fit)
        for number, member in enumerate(train_each(fit, missing, len(members), compute, work)):
            nbytes = member.save(folder, fit.inputs)
            members[member.seed, member.fold] = member
            if number == 0:  # the others are as large, and the run's weights as all of them
                others = nbytes * (len(missing) - 1 + len(assignments))
                check_disk(folder, others, "the other heads", "choose a folder on another disk")
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(assignments)} heads trained. "
            "Start the same fit again to go on from there."
        ) from None
    return [members[key] for key in sorted(members)]


def train_each(
    fit: PlannedFit,
    missing: Sequence[Job],
    done: int,
    compute: Compute,
    work: Callable[[Job, Sequence[Source], Worker], Head],
) -> Iterator[Head]:
    """Train heads side by side, as many as there are cores.

    Args:
        fit: what to train, and on what.
        missing: what says of each head which it is.
        done: how many heads were trained before.
        compute: what to compute with.
        work: trains a head on the features of each store.

    Returns:
        Each head in the order of `missing`, as it is finished.
    """
    if not missing:
        return
    pooled = isinstance(fit.config.head, LinearSettings)  # these need no frames
    keep = fits_in_memory(fit.data, compute.memory)
    where = "kept in memory" if keep else "read from the disk as needed"
    log.debug("%s of features, %s", describe_bytes(fit.data.nbytes()), where)
    device = compute.place
    sources = prepare(fit.data, fit.config.normalize, keep, pooled)
    # a disk serves one head best, and a GPU is one worker
    cores = 1 if device.type == "cuda" else torch.get_num_threads()
    readers = cores if keep else 1
    most = _fitting_at_once(fit) if pooled else readers
    side_by_side = min(cores, most, len(missing))
    stop = threading.Event()

    with (
        progress("Fitting", len(missing) + done, "heads", done) as advance,
        threadpool_limits(1, "blas"),  # products of numpy and scipy, which would take all cores
    ):
        lock = threading.Lock()

        def train(job: Job) -> Head:
            share = _Share(advance, lock)
            with Crew(cores // side_by_side) as crew:
                head = work(job, sources, Worker(crew, stop, device, share.step))
            share.step(1)
            return head

        yield from map_ahead(train, missing, side_by_side, use_one_core, stop.set)


class _Share:
    """How much of a head is trained, for the progress of all, which threads share."""

    def __init__(self, advance: Advance, lock: threading.Lock) -> None:
        self._advance, self._lock, self._left = advance, lock, 1.0

    def step(self, share: float) -> None:
        """Note that so much more is done, as far as so much was left."""
        share = min(share, self._left)
        self._left -= share
        with self._lock:
            self._advance(share)


def _fitting_at_once(fit: PlannedFit) -> int:
    """Return how many linear heads memory has room for, each with its features in float64."""
    (shape,) = fit.data.shapes
    features = 2 * shape.layers * shape.dim
    needed = _COPIES * 8 * features * len(fit.data.task.utterances)
    return max(1, int(SHARE * available_memory() / needed))


def _fit_member(
    fit: PlannedFit, assignment: Assignment, sources: Sequence[Source], worker: Worker
) -> Member:
    begin = time.perf_counter()
    examples = fold_examples(fit.data.task, sources, assignment.fold, fit.config.normalize)
    seed, fold = assignment.key
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
    _log_member(member, examples, time.perf_counter() - begin)
    return member


def _log_member(member: Member, examples: Mapping[str, Examples], seconds: float) -> None:
    sizes = ", ".join(f"{len(examples[part])} {name}" for part, name in _PARTS.items())
    best = member.best_epoch
    log.debug(
        f"seed {member.seed}, fold {member.fold}: {sizes} utterances; "
        f"{len(member.history)} epochs, best {best.epoch} with validation loss "
        f"{best.validation_loss:.4f}, UAR {100 * best.validation_uar:.1f} %; {seconds:.1f} s"
    )


_PARTS = {"train": "training", "validation": "validation", "test": "test"}
