"""One more head for each seed, trained on all utterances as cross-validation chose."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from classifiers.cores import Worker
from classifiers.heads import train_on_all
from classifiers.linear import LinearSettings
from featx.data.manifest import Utterance
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.devices import Compute
from featx.fitting.config import FitConfig
from featx.fitting.heads.final_files import FinalHead, add_heads
from featx.fitting.heads.member import weights_of
from featx.fitting.inputs.data import Source, part_examples
from featx.fitting.plan import PlannedFit
from featx.fitting.training.chosen import choose, read_histories
from featx.fitting.training.train import THREADS, Trainers, train_each
from featx.protocols.fold import Fold
from featx.protocols.task import Task
from featx.runs.files import MEMBERS
from featx.scoring.results_file import RunResults
from featx.utils.text import counted

REMARK = "Final model"  # begins what is said of them
log = logging.getLogger("featx")


def add_final(
    fit: PlannedFit,
    results: RunResults,
    folder: Path,
    compute: Compute,
    trainers: Trainers = THREADS,
) -> RunResults:
    """Train the final heads of a run, and add them to its files.

    Args:
        fit: what to train, and on what.
        results: the run's scores.
        folder: the run's folder, with all other files.
        compute: what to compute with.
        trainers: who trains.

    Returns:
        The same scores, with a remark on the final heads.

    Raises:
        FeatxError: if training diverges, or a file of the run is damaged.
        Interrupted: on Ctrl-C; heads that are finished are kept in the run's `members`.
    """
    folds = len(fit.data.task.folds)
    chosen = choose(fit.config, read_histories(folder, fit.config.seeds, folds))
    everybody = everyone_trains(fit.data.task)
    whole = replace(fit, data=replace(fit.data, task=everybody))
    heads = _train(whole, chosen, folder / MEMBERS, compute, trainers)
    add_heads(folder, heads)
    remark = _describe(fit.config, everybody.folds[0].train, chosen, folds)
    log.debug("%s", remark)
    others = [known for known in results.remarks if not known.startswith(REMARK)]
    return replace(results, remarks=[*others, remark])


def everyone_trains(task: Task) -> Task:
    """Return a task whose single fold trains on all utterances that any fold has."""
    known = {u.utterance: u for fold in task.folds for part in fold.parts.values() for u in part}
    train = tuple(known[name] for name in sorted(known))
    return replace(task, utterances=train, folds=(Fold(0, train, (), ()),))


def _train(
    whole: PlannedFit,
    chosen: Mapping[int, int],
    folder: Path,
    compute: Compute,
    trainers: Trainers,
) -> list[FinalHead]:
    found = (FinalHead.load(folder, seed, chosen[seed], whole.inputs) for seed in chosen)
    heads = {head.seed: head for head in found if head}
    missing = [seed for seed in chosen if seed not in heads]
    try:
        work = partial(_fit_final, chosen)
        for head in train_each(whole, missing, len(heads), compute, work, trainers):
            head.save(folder, whole.inputs)
            heads[head.seed] = head
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted with all scores known and {len(heads)} of {len(chosen)} final heads "
            "trained. Start the same fit again to go on from there."
        ) from None
    return [heads[seed] for seed in sorted(heads)]


def _fit_final(
    chosen: Mapping[int, int],
    whole: PlannedFit,
    seed: int,
    sources: Sequence[Source],
    worker: Worker,
) -> FinalHead:
    begin = time.perf_counter()
    task = whole.data.task
    training = part_examples(task, sources, task.folds[0], "train", whole.config.normalize)
    try:
        trained = train_on_all(whole.design, training, chosen[seed], seed, worker)
    except FloatingPointError as error:
        raise FeatxError(f"seed {seed}, final head: {error}") from error
    if trained.remark:
        log.info("Note: seed %d, final head: %s.", seed, trained.remark)
    log.debug(
        f"seed {seed}, final head: {len(training)} training utterances, training loss "
        f"{trained.history[-1].train_loss:.4f}; {time.perf_counter() - begin:.1f} s"
    )
    return FinalHead(seed, weights_of(trained.final, training), chosen[seed])


def _describe(
    config: FitConfig, utterances: Sequence[Utterance], chosen: Mapping[int, int], folds: int
) -> str:
    """Return what a reader of the scores must know of the final heads."""
    speakers = {utterance.speaker for utterance in utterances}
    of = "" if "" in speakers else f" of {counted(len(speakers), 'speaker')}"
    score = "the cross-validated one" if folds > 1 else "that of the head before, on its test set"
    return (
        f"{REMARK}: trained on all {counted(len(utterances), 'utterance')}{of}, "
        f"{_how(config, chosen)}; its score is {score}."
    )


def _how(config: FitConfig, chosen: Mapping[int, int]) -> str:
    """Return "12 epochs", "9 to 14 epochs" or "C = 0.01"."""
    least, most = min(chosen.values()), max(chosen.values())
    if isinstance(config.head, LinearSettings):
        return f"C = {config.head.strengths[least - 1]:g}"
    return counted(least, "epoch") if least == most else f"{least} to {counted(most, 'epoch')}"
