"""A fine-tuning from its config to its run folder."""

import logging
import math
from collections import deque
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import torch

from classifiers.objectives import Classification
from featx.data.augmentation.augment import open_augmentation
from featx.data.manifest import Manifest, load_manifest
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.checkpoints.find import Checkpoint, find_checkpoint
from featx.features.encoders.devices import Compute, keep_float32
from featx.features.encoders.preprocessing import load_preprocessing
from featx.features.encoders.shape import read_shape
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.identity import Identity, identify
from featx.finetuning.make_run import make_run, tune_all
from featx.finetuning.saving.hub import best_saved, push
from featx.finetuning.training.processes import Processes, disconnect, leads
from featx.finetuning.training.resources import NOBODY, Recipients
from featx.finetuning.training.trial import Setting
from featx.finetuning.training.waveforms import check_usable
from featx.fitting.objective import check_loss, check_sampling, objective_of, score_name
from featx.protocols.apply import apply_protocol
from featx.protocols.repeated import check_task
from featx.protocols.task import Task, set_task
from featx.runs.files import MODELS, SCORES
from featx.runs.folder import open_run
from featx.runs.making import making
from featx.scoring.results_file import RunResults

log = logging.getLogger("featx")


def run_finetune(
    config: FinetuneConfig,
    folder: Path,
    overwrite: bool,
    compute: Compute,
    recipients: Recipients = NOBODY,
    manifest: Manifest | None = None,
) -> RunResults | None:
    """Fine-tune into a run folder, or return the results of the same fine-tuning done before.

    A run that was stopped goes on at its last checkpoint. Under `torchrun` all processes call
    this; the first writes and returns the results, the others return None.

    Args:
        config: what to fine-tune, and how.
        folder: the run's.
        overwrite: replace the run that the folder holds, once the new one is finished.
        compute: where to compute, which has been checked.
        recipients: trackers and the Hub, which have been checked.
        manifest: the corpus, if it has been read already.

    Raises:
        FeatxError: if the model, manifest or disk can't be used, the same sound is in two parts of
            a fold, the folder holds another run, another process fine-tunes into it, or training
            diverges or lacks memory.
        Interrupted: on Ctrl-C.
    """
    guarded = making(folder, "fine-tuning", overwrite) if leads() else nullcontext()
    with guarded:
        return _run_finetune(config, folder, overwrite, compute, recipients, manifest)


def _run_finetune(
    config: FinetuneConfig,
    folder: Path,
    overwrite: bool,
    compute: Compute,
    recipients: Recipients,
    manifest: Manifest | None,
) -> RunResults | None:
    checkpoint = find_checkpoint(config.model, config.revision or None)
    corpus = manifest or load_manifest(config.manifest)
    task = _set_task(config, corpus, checkpoint)
    identity = identify(config, task, checkpoint)
    setting = _set_up(config, task, checkpoint, compute.place, recipients, folder.name)
    try:
        results = _lead_or_follow(
            setting, corpus, identity, recipients.repository, folder, overwrite
        )
    except KeyboardInterrupt:
        disconnect()
        raise Interrupted(
            "Interrupted. Started again in the same way, it goes on at the last checkpoint, "
            f"{config.training.every} steps or fewer before."
        ) from None
    except Exception:
        disconnect()  # so that no process waits for this one
        raise
    if results and recipients.repository:
        best = best_saved(folder, folder / MODELS, config.training.best_by)
        address = push(recipients.repository, best)
        log.info(f"The best model is at {address}")
    return results


def _set_up(
    config: FinetuneConfig,
    task: Task,
    checkpoint: Checkpoint,
    device: torch.device,
    recipients: Recipients,
    name: str,
) -> Setting:
    """Return what the models share."""
    keep_float32(device)
    preprocessing = load_preprocessing(checkpoint.folder, config.normalize_waveform)
    preprocessing.report()
    return Setting(
        config=config,
        task=task,
        checkpoint=checkpoint.folder,
        extractor=preprocessing.extractor,
        device=device,
        processes=Processes(device),
        trackers=recipients.trackers,
        name=name,
        augmenter=open_augmentation(config.augmentation) if config.augmentation else None,
    )


def _lead_or_follow(
    setting: Setting,
    corpus: Manifest,
    identity: Identity,
    repository: str,
    folder: Path,
    overwrite: bool,
) -> RunResults | None:
    """Make the run in the first process, with the others' help; they return None."""
    if not setting.processes.leads:
        deque(tune_all(setting, None, []), maxlen=0)
        return None
    try:
        if overwrite or not (folder / SCORES).is_file():  # what is finished stays as it is
            task = check_task(setting.task, corpus, setting.config.keep_duplicates)
            setting = replace(setting, task=task)
        with open_run(setting.config.to_toml(), identity.inputs, folder, overwrite) as run:
            if run.results is None:
                run.results = make_run(setting, identity, repository, run.folder)
    except Exception:
        setting.processes.dismiss((None, []))
        raise
    setting.processes.dismiss((None, []))
    return run.results


def _set_task(config: FinetuneConfig, manifest: Manifest, checkpoint: Checkpoint) -> Task:
    """Divide a corpus, and look at every audio file's header.

    Raises:
        FeatxError: if the manifest doesn't fit the protocol, utterances can't be used, or the
            settings don't fit what is learned.
    """
    task = set_task(apply_protocol(manifest, config.protocol))
    fastest = config.augmentation.fastest if config.augmentation else 1
    shortest = math.ceil(round(read_shape(checkpoint.folder).shortest * fastest, 6))
    check_usable(task.utterances, shortest, config.seconds)
    objective = objective_of(task)
    check_loss(config.training, objective, task.classes)
    check_sampling(config.training.sampling, objective)
    if config.training.best_by == "wa" and not isinstance(objective, Classification):
        raise FeatxError(
            "`settings='training.best_by=wa'`: accuracy is of classes, which are not learned here. "
            f"`score` is {score_name(task)} here."
        )
    return task
