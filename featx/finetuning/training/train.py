"""Fine-tune one model: a seed on a fold."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial

import torch
from torch import Tensor
from torch.utils.data import Subset

from classifiers.training import seeded
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.encoders.devices import is_out_of_memory
from featx.features.encoders.shape import read_shape
from featx.finetuning.adapting.gradients import check_gradients
from featx.finetuning.model import EmotionModel, build_model
from featx.finetuning.results.member import TunedMember, best_look, is_over, read_log
from featx.finetuning.training.arguments import training_arguments
from featx.finetuning.training.augmented import Augmented
from featx.finetuning.training.checkpoints import (
    checkpoints_in,
    last_checkpoint,
    read_state,
    step_of,
)
from featx.finetuning.training.loss import mean_loss
from featx.finetuning.training.rates import layers_of
from featx.finetuning.training.trackers import LOGS, tracking
from featx.finetuning.training.trainer import Tuner
from featx.finetuning.training.trial import Setting, Trial
from featx.finetuning.training.watch import Watch
from featx.finetuning.training.waveforms import Waveforms
from featx.fitting.objective import describe_score
from featx.utils.machine import peak_memory, reset_peak_memory
from featx.utils.progress import progress
from featx.utils.text import counted

log = logging.getLogger("featx")


def tune(trial: Trial) -> tuple[TunedMember, EmotionModel]:
    """Fine-tune a model, or go on where an earlier attempt was stopped.

    Returns:
        What it predicted, and the model with its best weights.

    Raises:
        FeatxError: if training diverges or memory runs out.
    """
    setting, folder = trial.setting, trial.folder
    config = setting.config
    reset_peak_memory(setting.device)
    with _memory_explained(setting):
        trainer = _make_trainer(trial)
        logs = folder.parent.parent / LOGS / folder.name
        with tracking(trainer, setting.trackers, logs):
            _train(trial, trainer)
        history = read_log(trainer.state.log_history)
        best = best_look(history, config.training.best_by)
        checkpoint = folder / f"checkpoint-{history[best].step}"
        kept = " and ".join(f"{step_of(path):,}" for path in checkpoints_in(folder))
        log.debug(f"{trial.title}: the checkpoints kept to the end are those of steps {kept}")
        trainer.take(checkpoint)
        if trial.scale:
            trial.scale.restore(trainer.tuned.head.output)
        probabilities = {
            part: _predict(trainer, trial, trial.fold.parts[part]) for part in trial.predicted
        }
    memory, gpu_memory = peak_memory(setting.device)
    member = TunedMember(
        seed=trial.seed,
        fold=trial.fold.number,
        probabilities=probabilities,
        history=history,
        best=best,
        peak_memory=memory,
        peak_gpu_memory=gpu_memory,
        layer_weights=[trainer.tuned.layer_weights] if config.head.average else [],
    )
    look = member.best_look
    log.debug(
        f"{trial.title}: {counted(len(history), 'look')}, best at step {look.step} with validation "
        f"{describe_score(setting.task, look.validation_score)}, {history[-1].seconds:.1f} s"
    )
    return member, trainer.tuned


def _make_trainer(trial: Trial) -> Tuner:
    setting, config = trial.setting, trial.setting.config

    def build() -> EmotionModel:
        return build_model(
            folder=setting.checkpoint,
            settings=config.head,
            outputs=setting.objective.outputs,
            mode=config.mode,
            checkpointing=config.training.gradient_checkpointing,
            adapters=config.adapters,
        )

    model = seeded(build, trial.seed)
    if config.adapters is not None:
        check_gradients(model)
    choosing, learned = trial.waveforms(trial.choosing), trial.waveforms(trial.training)
    arguments = training_arguments(
        config.training, trial.folder, trial.seed, setting.device, trial.title
    )
    criterion = setting.objective.criterion(config.training, learned.labels, arguments.device)
    model.loss = mean_loss(criterion)
    training: Waveforms | Augmented = learned
    if setting.augmenter:
        training = Augmented(learned, setting.augmenter, trial.seed)
    return Tuner(
        model=model,
        objective=setting.objective,
        settings=config.training,
        arguments=arguments,
        training=training,
        validation=Subset(choosing, choosing.longest_first()),
    )


def _train(trial: Trial, trainer: Tuner) -> None:
    """Train to the end, from the last complete checkpoint if there is one."""
    settings, title = trial.setting.config.training, trial.title
    processes = trial.setting.processes
    _note_asleep(trial, trainer)
    checkpoint = processes.agree(last_checkpoint(trial.folder, processes.count))
    done = 0
    if checkpoint:
        state = read_state(checkpoint)
        assert state is not None, "just looked at"
        done = state.global_step
        if done >= trainer.steps or is_over(
            read_log(state.log_history), settings.best_by, settings.patience
        ):
            trainer.state = state  # only its predictions were missing
            return
        trainer.took_before(state.log_history[-1]["seconds"])
        log.debug(f"{title}: goes on at step {done}")
    shown = progress(f"Fine-tuning {title}", trainer.steps, "steps", done)
    with shown if processes.leads else nullcontext(_ignore) as advance:
        describe = partial(describe_score, trial.setting.task)
        trainer.add_callback(Watch(settings, trainer.order, advance, title, describe))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


def _note_asleep(trial: Trial, trainer: Tuner) -> None:
    """Warn of layers that gradual unfreezing does not come to."""
    every = trainer.settings.unfreeze_every
    if every is None:
        return
    layers = len(layers_of(trainer.tuned.encoder))
    asleep = layers - (trainer.steps - 1) // every
    if asleep > 0:
        log.warning(
            f"{trial.title}: {counted(asleep, 'layer')} of {layers} will not train: with "
            f"training.unfreeze_every={every} the lowest begins after step {layers * every:,}, "
            f"and there are {trainer.steps:,} steps."
        )


def _predict(trainer: Tuner, trial: Trial, utterances: Sequence[Utterance]) -> Tensor:
    """Return what is predicted, such as probabilities: (utterances, outputs) float32."""
    data = trial.waveforms(utterances)
    order = data.longest_first()
    logits = torch.from_numpy(trainer.predict(Subset(data, order)).predictions).float()
    found = trial.setting.objective.predictions(logits)
    return torch.empty_like(found).index_copy(0, torch.tensor(order), found)


@contextmanager
def _memory_explained(setting: Setting) -> Iterator[None]:
    """Turn torch's error for lack of memory into one that says what to do."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        size = setting.config.training.batch_size
        windows = read_shape(setting.checkpoint).window is not None  # of one length, however short
        shorter = "" if windows else "fewer `seconds`, "
        raise FeatxError(
            f"Out of memory with batches of {size} utterances. Each of these takes less: "
            f"`settings='training.batch_size={max(1, size // 2)}'` with training.accumulation "
            f"doubled, `settings='training.gradient_checkpointing=true'`, {shorter}"
            "`settings='training.precision=bfloat16'`. The run then needs another `name`, or "
            "`overwrite`."
        ) from error


def _ignore(amount: float) -> None:
    """Take no notice of progress."""
