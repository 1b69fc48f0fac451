"""A fine-tuning from its config to its run folder."""

import gc
import logging
import math
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

from classifiers.objectives import Classification
from featx.data.augmentation.augment import open_augmentation
from featx.data.manifest import Manifest, load_manifest
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.checkpoints import Checkpoint, find_checkpoint, store_name
from featx.features.encoders.devices import Compute, keep_float32
from featx.features.encoders.preprocessing import load_preprocessing
from featx.features.encoders.shape import read_shape
from featx.finetuning.base import Base
from featx.finetuning.card import write_card
from featx.finetuning.card_facts import CardFacts
from featx.finetuning.choices import BestBy
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.course import pace
from featx.finetuning.figures import draw_tuning
from featx.finetuning.history import write_history
from featx.finetuning.hub import best_saved, push
from featx.finetuning.identity import Identity, identify
from featx.finetuning.member import TunedMember, load_tuned_member
from featx.finetuning.model import EmotionModel
from featx.finetuning.processes import Processes, disconnect, leads
from featx.finetuning.resources import NOBODY, Recipients, check_space
from featx.finetuning.saved import Adapted, save_model
from featx.finetuning.trackers import LOGS
from featx.finetuning.train import tune
from featx.finetuning.trial import Setting, Trial
from featx.finetuning.waveforms import check_decodable, check_usable
from featx.fitting.figures import draw_layer_weights
from featx.fitting.layer_weights import AveragedStore, write_layer_weights
from featx.fitting.objective import check_loss, check_sampling, loss_name, objective_of, score_name
from featx.fitting.outcomes import write_outcomes
from featx.protocols.apply import apply_protocol
from featx.protocols.repeated import check_task
from featx.protocols.task import Task, set_task
from featx.runs.cost import Cost, write_cost
from featx.runs.files import ENVIRONMENT, FIGURES, MEMBERS, MODELS, REPORT, SCORES
from featx.runs.folder import open_run
from featx.runs.making import making
from featx.runs.members import member_name
from featx.runs.outputs import Outputs
from featx.scoring.results_file import RunResults
from featx.utils.files import write_json, write_text
from featx.utils.machine import describe_environment, device_name

CHOSEN_ON_TEST = (
    "CHECKPOINT CHOSEN ON THE TEST DATA: the scores are those of the best of many looks at it, as "
    "in some papers, and too high for new utterances."
)
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
    device = compute.place
    keep_float32(device)
    preprocessing = load_preprocessing(checkpoint.folder, config.normalize_waveform)
    preprocessing.report()
    setting = Setting(
        config=config,
        task=task,
        checkpoint=checkpoint.folder,
        extractor=preprocessing.extractor,
        device=device,
        processes=Processes(device),
        trackers=recipients.trackers,
        name=folder.name,
        augmenter=open_augmentation(config.augmentation) if config.augmentation else None,
    )

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
        deque(_tune_all(setting, None, []), maxlen=0)
        return None
    try:
        if overwrite or not (folder / SCORES).is_file():  # what is finished stays as it is
            task = check_task(setting.task, corpus, setting.config.keep_duplicates)
            setting = replace(setting, task=task)
        with open_run(setting.config.to_toml(), identity.inputs, folder, overwrite) as run:
            if run.results is None:
                run.results = _work(setting, identity, repository, run.folder)
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
    if task.several:
        raise FeatxError(
            "`task='multilabel'`: encoders are not fine-tuned for several labels at once so far. "
            "`featx fit` trains heads for it."
        )
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


def _work(setting: Setting, identity: Identity, repository: str, folder: Path) -> RunResults:
    config, task = setting.config, setting.task
    title = _title(setting)
    log.debug(title)
    log.debug("; ".join([f"{len(task.utterances):,} utterances", *task.notes]))
    _clear_stale(folder, identity.inputs)
    wanted = [(seed, fold.number) for fold in task.folds for seed in range(config.seeds)]
    finished = (
        load_tuned_member(folder / MEMBERS, seed, number, identity.inputs)
        for seed, number in wanted
    )
    members = {(member.seed, member.fold): member for member in finished if member}
    missing = [pair for pair in wanted if pair not in members]
    if missing:
        saved = {"none": 0, "best": 2, "all": len(missing)}[config.save]  # old best and new
        alone = config.lora is not None  # what trained is all that is saved
        weights = identity.trained if alone else identity.parameters
        check_space(folder, weights, identity.trained, saved)
        check_decodable(task.utterances)
    for member, model in _tune_all(setting, folder, missing):
        members[member.seed, member.fold] = member
        _keep(setting, identity, list(members.values()), member, model, folder / MODELS)
        member.save(folder / MEMBERS, identity.inputs)
        shutil.rmtree(folder / MEMBERS / member.name)  # its checkpoints
        del model  # before the next is loaded
    ordered = [members[pair] for pair in sorted(members)]
    remarks = [*(f"Note: {note}." for note in task.notes), *task.remarks]
    if config.select_on == "test":
        remarks.append(CHOSEN_ON_TEST)
    results = write_outcomes(title, task, ordered, remarks, folder)
    for member in ordered:
        kept = folder / MODELS / member.name
        if kept.is_dir():
            write_card(CardFacts(config, task, identity, results, member, repository), kept)
    write_files(setting, identity, ordered, results, folder)
    return results


def _tune_all(
    setting: Setting, folder: Path | None, missing: list[tuple[int, int]]
) -> Iterator[tuple[TunedMember, EmotionModel]]:
    """Train each missing seed and fold; the first process tells the others which, and where."""
    folder, missing = setting.processes.agree((folder, missing))
    for index, (seed, number) in enumerate(missing):
        if index:
            gc.collect()  # a Trainer refers to itself, and holds the moments of all weights
        assert folder is not None, "nothing is missing where nobody writes"
        checkpoints = folder / MEMBERS / member_name(seed, number)
        yield tune(Trial(setting, seed, setting.task.folds[number], checkpoints))


def _clear_stale(folder: Path, inputs: str) -> None:
    """Remove what an attempt with other inputs left."""
    mark = folder / MEMBERS / "inputs"
    if mark.exists() and mark.read_text("utf-8") == inputs:
        return
    for part in (MEMBERS, MODELS, LOGS):
        shutil.rmtree(folder / part, ignore_errors=True)
    write_text(mark, inputs)


def _keep(
    setting: Setting,
    identity: Identity,
    members: Sequence[TunedMember],
    member: TunedMember,
    model: EmotionModel,
    folder: Path,
) -> None:
    """Save a model if it is wanted, and remove what it replaces."""
    save, lora = setting.config.save, setting.config.lora
    best = _best_member(members, setting.config.training.best_by)
    if save == "none" or (save == "best" and best is not member):
        return
    save_model(
        model=model,
        extractor=setting.extractor,
        outputs=Outputs.of(setting.task),
        folder=folder / member.name,
        seconds=setting.config.seconds,
        adapted=None if lora is None else Adapted(lora=lora, base=Base.of(identity)),
    )
    for other in folder.iterdir() if save == "best" else ():
        if other.name != member.name:
            shutil.rmtree(other)


def _best_member(members: Sequence[TunedMember], best_by: BestBy) -> TunedMember:
    """Return the member whose best look is the highest, the first of equals."""
    return max(members, key=lambda m: (m.best_look.worth_of_model(best_by), -m.seed, -m.fold))


def _title(setting: Setting) -> str:
    config, task = setting.config, setting.task
    described = task.describe(config.protocol, config.seeds)
    chosen = ", checkpoint chosen on TEST" if config.select_on == "test" else ""
    return (
        f"{store_name(config.model)}, {config.mode} fine-tuning, {config.manifest.name}: "
        f"{described}{chosen}"
    )


def write_files(
    setting: Setting,
    identity: Identity,
    members: Sequence[TunedMember],
    results: RunResults,
    folder: Path,
) -> None:
    """Write what a finished run leaves but its config, log, models and what was predicted.

    Args:
        setting: what the models share.
        identity: the encoder and the data, identified by digests.
        members: the models.
        results: their scores.
        folder: the run's.
    """
    encoder = asdict(identity)
    inputs = encoder.pop("inputs")
    environment = {**describe_environment(), "inputs_sha256": inputs, "encoder": encoder}
    write_json(folder / ENVIRONMENT, environment)
    write_history(members, folder)
    score = score_name(setting.task)
    times = pace(members, folder, setting.config.training.best_by, score)
    write_text(folder / REPORT, f"{results.to_text()}\n\n{times}\n")
    write_cost(folder, _cost(setting, identity, members))
    figures = folder / FIGURES
    loss = loss_name(setting.task, setting.config.training)
    chosen_on_test = setting.config.select_on == "test"
    draw_tuning(members, figures / "training", loss, score, chosen_on_test)
    if members[0].layer_weights:
        layers = [str(layer) for layer in range(len(members[0].layer_weights[0]))]
        averaged = [AveragedStore(store_name(setting.config.model), layers)]
        write_layer_weights(averaged, members, folder)
        draw_layer_weights(members, averaged, figures / "layer_weights")


def _cost(setting: Setting, identity: Identity, members: Sequence[TunedMember]) -> Cost:
    on_gpu = [m.peak_gpu_memory for m in members if m.peak_gpu_memory is not None]
    return Cost(
        seconds=sum(member.history[-1].seconds for member in members),
        models=len(members),
        peak_memory=max(member.peak_memory for member in members),
        peak_gpu_memory=max(on_gpu, default=None),
        parameters_trained=identity.trained,
        features=0,
        device=device_name(setting.device),
    )
