"""Fine-tune one model: a seed on a fold."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import Subset
from transformers.trainer_callback import TrainerState

from classifiers.training import seeded
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.encoders.devices import is_out_of_memory
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.member import TunedMember, best_look, is_over, read_log
from featx.finetuning.model import EmotionModel, build_model
from featx.finetuning.processes import Processes
from featx.finetuning.trackers import LOGS, tracking
from featx.finetuning.trainer import Tuner, Watch, arguments_for
from featx.finetuning.waveforms import Waveforms
from featx.protocols.folds import Fold
from featx.protocols.task import Task
from featx.runs.members import member_name
from featx.utils.machine import peak_memory, reset_peak_memory
from featx.utils.progress import progress

STATE = "trainer_state.json"  # Trainer writes it last
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Setting:
    """What all models of a run share.

    Attributes:
        config: how to fine-tune.
        task: what is to be learned.
        checkpoint: folder of the encoder's files.
        extractor: transformers', prepares waveforms.
        device: where to compute.
        processes: that do so.
        trackers: that are told how it goes.
        name: of the run.
    """

    config: FinetuneConfig
    task: Task
    checkpoint: Path
    extractor: Any
    device: torch.device
    processes: Processes
    trackers: Sequence[str]
    name: str

    def waveforms(self, utterances: Sequence[Utterance]) -> Waveforms:
        """Return utterances as the model takes them."""
        labels = self.task.labels(utterances)
        return Waveforms(utterances, labels, self.extractor, self.config.seconds)


def tune(setting: Setting, seed: int, fold: Fold, folder: Path) -> tuple[TunedMember, EmotionModel]:
    """Fine-tune a model, or go on where an earlier attempt was stopped.

    Args:
        setting: what all models of the run share.
        seed: of initial head, order, dropout and masking.
        fold: who trains, validates and tests.
        folder: of checkpoints, removed by the caller when the model is saved.

    Returns:
        What it predicted, and the model with its best weights.

    Raises:
        FeatxError: if training diverges or memory runs out.
    """
    config, task = setting.config, setting.task
    build = partial(
        build_model,
        *(setting.checkpoint, config.head, len(task.classes), config.mode),
        config.training.gradient_checkpointing,
    )
    title = f"{setting.name}, {member_name(seed, fold.number)}"
    reset_peak_memory(setting.device)
    with _memory_explained(config):
        model = seeded(build, seed)
        trainer = _make_trainer(setting, model, seed, fold, folder, title)
        logs = folder.parent.parent / LOGS / folder.name
        with tracking(trainer, setting.trackers, logs):
            _train(setting, trainer, folder, title)
        history = read_log(trainer.state.log_history)
        best = best_look(history, config.training.best_by)
        checkpoint = folder / f"checkpoint-{history[best].step}"
        model.load_state_dict(load_file(checkpoint / "model.safetensors"))
        parts = ["test"] if config.select_on == "test" else ["validation", "test"]
        probabilities = {part: _predict(trainer, setting, fold.parts[part]) for part in parts}
    member = TunedMember(
        seed, fold.number, probabilities, history, best, *peak_memory(setting.device)
    )
    look = member.best_look
    log.debug(
        "%s: %d looks, best at step %d with validation UAR %.1f %%, %.1f s",
        *(title, len(history), look.step, 100 * look.validation_uar, history[-1].seconds),
    )
    return member, model


def _make_trainer(
    setting: Setting, model: EmotionModel, seed: int, fold: Fold, folder: Path, title: str
) -> Tuner:
    config = setting.config
    chooses_by_test = config.select_on == "test"
    training = [*fold.train, *fold.validation] if chooses_by_test else fold.train
    choosing = fold.test if chooses_by_test else fold.validation
    arguments = arguments_for(config.training, folder, seed, setting.device, title)
    looked_at = setting.waveforms(choosing)
    return Tuner(
        *(model, config.training, arguments, setting.waveforms(training)),
        Subset(looked_at, looked_at.longest_first()),
    )


def _train(setting: Setting, trainer: Tuner, folder: Path, title: str) -> None:
    """Train to the end, from the last complete checkpoint if there is one."""
    settings = setting.config.training
    processes = setting.processes
    checkpoint = processes.agree(_last_checkpoint(folder, processes.count))
    steps = _count_steps(trainer)
    done = 0
    if checkpoint:
        state = _read_state(checkpoint)
        assert state is not None, "just looked at"
        done = state.global_step
        if done >= state.max_steps or is_over(
            read_log(state.log_history), settings.best_by, settings.patience
        ):
            trainer.state = state  # only its predictions were missing
            return
        trainer.took_before(state.log_history[-1]["seconds"])
        log.debug("%s: goes on at step %d", title, done)
    shown = progress(f"Fine-tuning {title}", steps, "steps", done)
    with shown if processes.leads else nullcontext(_ignore) as advance:
        trainer.add_callback(Watch(settings, trainer.order, advance, title))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def _count_steps(trainer: Tuner) -> int:
    arguments = trainer.args
    batches = len(trainer.get_train_dataloader())
    return int(-(-batches // arguments.gradient_accumulation_steps) * arguments.num_train_epochs)


def _last_checkpoint(folder: Path, processes: int) -> Path | None:
    """Return the newest checkpoint that every process has written to its end."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: -int(path.name.split("-")[1]))
    whole = (
        path
        for path in found
        if len(list(path.glob("rng_state*.pth"))) == processes and _read_state(path)
    )
    return next(whole, None)


def _read_state(checkpoint: Path) -> TrainerState | None:
    """Return what Trainer writes last; None if it was not written to its end."""
    try:
        state: TrainerState = TrainerState.load_from_json(str(checkpoint / STATE))
        return state
    except (OSError, ValueError, TypeError):
        return None


def _predict(trainer: Tuner, setting: Setting, utterances: Sequence[Utterance]) -> Tensor:
    """Return class probabilities (utterances, classes) float32."""
    data = setting.waveforms(utterances)
    order = data.longest_first()
    logits = torch.from_numpy(trainer.predict(Subset(data, order)).predictions).float()
    return torch.empty_like(logits).index_copy(0, torch.tensor(order), logits.softmax(1))


@contextmanager
def _memory_explained(config: FinetuneConfig) -> Iterator[None]:
    """Turn torch's error for lack of memory into one that says what to do."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        size = config.training.batch_size
        raise FeatxError(
            f"Out of memory with batches of {size} utterances. Any of these takes less: "
            f"--set training.batch_size={max(1, size // 2)} with --set training.accumulation "
            "doubled, --set training.gradient_checkpointing=true, a shorter --seconds, "
            "--set training.precision=bfloat16. The run needs another --name then, or --overwrite."
        ) from error


def _ignore(amount: float) -> None:
    """Take no notice of progress."""
