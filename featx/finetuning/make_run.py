"""The models of a run: trained one after another, and kept."""

import gc
import logging
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from featx.features.encoders.checkpoints.registry import store_name
from featx.finetuning.adapting.base import Base
from featx.finetuning.choices import BestBy
from featx.finetuning.identity import Identity
from featx.finetuning.model import EmotionModel
from featx.finetuning.results.files import write_files
from featx.finetuning.results.member import TunedMember, load_tuned_member
from featx.finetuning.saving.card import write_card
from featx.finetuning.saving.card_facts import CardFacts
from featx.finetuning.saving.contents import Adapted
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.resources import check_space
from featx.finetuning.training.trackers import LOGS
from featx.finetuning.training.train import tune
from featx.finetuning.training.trial import Setting, Trial
from featx.finetuning.training.waveforms import check_decodable
from featx.fitting.results.outcomes import write_outcomes
from featx.runs.files import MEMBERS, MODELS
from featx.runs.members import member_name
from featx.runs.outputs import Outputs
from featx.scoring.results_file import RunResults
from featx.utils.files import write_text

CHOSEN_ON_TEST = (
    "CHECKPOINT CHOSEN ON THE TEST DATA: the scores are those of the best of many looks at it, as "
    "in some papers, and too high for new utterances."
)
log = logging.getLogger("featx")


def make_run(setting: Setting, identity: Identity, repository: str, folder: Path) -> RunResults:
    """Train the models that are missing in a run folder, and write all files of the run.

    Args:
        setting: what the models share.
        identity: the encoder and the data, identified by digests.
        repository: OWNER/NAME on the Hub, where the best model will go; "" if nowhere.
        folder: the run's.
    """
    config, task = setting.config, setting.task
    log.debug(_title(setting))
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
        _check_room(setting, identity, folder, len(missing))
        check_decodable(task.utterances)
    for member, model in tune_all(setting, folder, missing):
        members[member.seed, member.fold] = member
        _keep(setting, identity, list(members.values()), member, model, folder / MODELS)
        member.save(folder / MEMBERS, identity.inputs)
        shutil.rmtree(folder / MEMBERS / member.name)  # its checkpoints
        del model  # before the next is loaded
    ordered = [members[pair] for pair in sorted(members)]
    return _finish(setting, identity, repository, ordered, folder)


def _check_room(setting: Setting, identity: Identity, folder: Path, missing: int) -> None:
    """Refuse a disk that can't hold the missing models and their checkpoints."""
    saved = {"none": 0, "best": 2, "all": missing}[setting.config.save]  # old best and new
    alone = setting.config.adapters is not None  # what trained is all that is saved
    weights = identity.trained if alone else identity.parameters
    check_space(folder, weights, identity.trained, saved)


def _finish(
    setting: Setting,
    identity: Identity,
    repository: str,
    members: Sequence[TunedMember],
    folder: Path,
) -> RunResults:
    """Write what follows from all models, and return their scores."""
    config, task = setting.config, setting.task
    remarks = [*(f"Note: {note}." for note in task.notes), *task.remarks]
    if config.select_on == "test":
        remarks.append(CHOSEN_ON_TEST)
    results = write_outcomes(_title(setting), task, members, remarks, folder)
    for member in members:
        kept = folder / MODELS / member.name
        if kept.is_dir():
            write_card(CardFacts(config, task, identity, results, member, repository), kept)
    write_files(setting, identity, members, results, folder)
    return results


def tune_all(
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
    save, config = setting.config.save, setting.config
    best = _best_member(members, setting.config.training.best_by)
    if save == "none" or (save == "best" and best is not member):
        return
    adapters = config.adapters
    save_model(
        model=model,
        extractor=setting.extractor,
        outputs=Outputs.of(setting.task),
        folder=folder / member.name,
        seconds=setting.config.seconds,
        adapted=Adapted.of(adapters, Base.of(identity)) if adapters else None,
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
