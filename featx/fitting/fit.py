"""Train heads on feature stores, for every seed and fold."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from classifiers.batch import Examples
from classifiers.cores import Crew, use_one_core
from classifiers.heads import train_head
from classifiers.training import predict
from featx.errors import FeatxError, Interrupted
from featx.fitting.config import FitConfig
from featx.fitting.data import FitData, fits_in_memory, fold_examples, prepare
from featx.fitting.member import Member, load_member
from featx.protocols.folds import Fold
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress

CPU = torch.device("cpu")
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Resources:
    """What a fit may use; its result is the same to the last bit with more or fewer cores.

    Attributes:
        device: where heads train and features are kept.
        memory: bytes that features may take there; by default a share of what is available.
    """

    device: torch.device = CPU
    memory: float | None = None


def fit_members(
    config: FitConfig, data: FitData, folder: Path, resources: Resources
) -> list[Member]:
    """Train a head for every seed and fold; those finished earlier are taken up again.

    Args:
        config: what to train.
        data: on what.
        folder: where finished members are kept.
        resources: what to use.

    Raises:
        FeatxError: if training diverges.
        Interrupted: on Ctrl-C.
    """
    inputs = digest_inputs(config, data)
    tasks = [(seed, fold) for fold in data.folds for seed in range(config.seeds)]
    found = (load_member(folder, seed, fold.number, inputs) for seed, fold in tasks)
    members = {(member.seed, member.fold): member for member in found if member}
    missing = [(seed, fold) for seed, fold in tasks if (seed, fold.number) not in members]
    try:
        if missing:
            for member in _train(config, data, missing, len(members), resources):
                member.save(folder, inputs)
                members[member.seed, member.fold] = member
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with {len(members)} of {len(tasks)} heads trained. "
            "The same command goes on from there."
        ) from None
    return [members[key] for key in sorted(members)]


def _train(
    config: FitConfig,
    data: FitData,
    tasks: list[tuple[int, Fold]],
    done: int,
    resources: Resources,
) -> Iterator[Member]:
    """Train heads side by side, as many as there are cores."""
    keep = fits_in_memory(data, resources.memory)
    log.debug(
        "%.2f GB of features, %s",
        *(data.nbytes() / 1e9, "kept in memory" if keep else "read from the disk as needed"),
    )
    prepared = prepare(data, config.normalize, keep)
    readers, cells = [reader for reader, _ in prepared], [known for _, known in prepared]
    # a disk serves one head best, and a GPU is one worker
    cores = 1 if resources.device.type == "cuda" else torch.get_num_threads()
    side_by_side = min(cores, len(tasks)) if keep else 1
    stop = threading.Event()

    def work(task: tuple[int, Fold]) -> Member:
        seed, fold = task
        examples = fold_examples(data, readers, cells, fold, config.normalize)
        with Crew(cores // side_by_side) as own:
            return _fit_member(config, data, seed, fold, examples, own, stop)

    with (
        progress("Fitting", len(tasks) + done, "heads", done) as advance,
        threadpool_limits(1, "blas"),  # scikit-learn's products, which are numpy's
    ):
        for member in map_ahead(work, tasks, side_by_side, use_one_core, stop.set):
            yield member
            advance(1)


def _fit_member(
    config: FitConfig,
    data: FitData,
    seed: int,
    fold: Fold,
    examples: Mapping[str, Examples],
    cores: Crew,
    stop: threading.Event,
) -> Member:
    begin = time.perf_counter()
    device = data.selections[0].device
    parts = (examples["train"], examples["validation"], seed, cores, stop, device)
    try:
        trained = train_head(config.head, config.training, data.shapes, len(data.classes), *parts)
    except FloatingPointError as error:
        raise FeatxError(f"seed {seed}, fold {fold.number}: {error}") from error
    probabilities = {
        part: predict(trained.head, examples[part], cores) for part in ("validation", "test")
    }
    member = Member.of(seed, fold.number, trained, examples["train"], probabilities)
    log.debug(
        "seed %d, fold %d: %d training, %d validation, %d test utterances; %d epochs, "
        "best %d with validation loss %.4f, UAR %.1f %%; %.1f s",
        *(seed, fold.number, len(fold.train), len(fold.validation), len(fold.test)),
        *(len(member.history), member.best_epoch.epoch, member.best_epoch.validation_loss),
        *(100 * member.best_epoch.validation_uar, time.perf_counter() - begin),
    )
    return member


def digest_inputs(config: FitConfig, data: FitData) -> str:
    """Digest all that a run depends on, so that nothing stale is taken for it."""
    digest = hashlib.sha256(config.to_toml().encode())
    for selection in data.selections:
        store = [selection.store.identity, vars(selection.store.layout), selection.rows]
        digest.update(json.dumps(store, sort_keys=True).encode())
        checksums = [(u.utterance, selection.store.checksum(u.utterance)) for u in data.utterances]
        digest.update(json.dumps(sorted(checksums)).encode())
    for fold in data.folds:
        for part in fold.parts.values():
            members = [(u.utterance, u.speaker, u.label) for u in part]
            digest.update(json.dumps([fold.number, members]).encode())
    return digest.hexdigest()
