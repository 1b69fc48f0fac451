"""What goes on beside training: progress, early stopping, a check of the loss."""

import logging
import math
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from featx.errors import FeatxError
from featx.finetuning.config import TuningSettings
from featx.finetuning.history import is_over, read_log
from featx.finetuning.waveforms import Order
from featx.progress import Advance

log = logging.getLogger("featx")


class Watch(TrainerCallback):
    """Follows a training; keeps nothing that a resumed one would lack.

    Args:
        settings: of the training.
        order: of its utterances, told of each epoch.
        advance: told of each step.
        title: of the model, for `run.log`.
    """

    def __init__(
        self, settings: TuningSettings, order: Order, advance: Advance, title: str
    ) -> None:
        self._settings, self._order = settings, order
        self._advance, self._title = advance, title

    def on_epoch_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Choose the epoch's order, also where training goes on within it."""
        self._order.epoch = int(state.epoch or 0)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Show progress; the last steps are logged as all others."""
        self._advance(1)
        if state.global_step >= state.max_steps:
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Refuse a loss that is not finite."""
        entry = state.log_history[-1]
        if not math.isfinite(entry.get("loss", 0.0) + entry.get("eval_loss", 0.0)):
            raise FeatxError(
                f"{self._title}: the loss is no longer finite at step {state.global_step}. Try "
                f"--set training.learning_rate={self._settings.learning_rate / 10:g}, a "
                "--set training.warmup=0.1, or --set training.precision=float32, with --overwrite "
                "or another --name."
            )

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Note the look, and stop when none has been better for long."""
        looks = read_log(state.log_history)
        if not looks:
            return
        look = looks[-1]
        log.info(
            "%s, step %d: training loss %.4f, WA %.1f %%; validation loss %.4f, UAR %.1f %%; "
            "%.1f s since the last look",
            *(self._title, look.step, look.train_loss, 100 * look.train_wa),
            *(look.validation_loss, 100 * look.validation_uar, look.train_seconds),
        )
        settings = self._settings
        if is_over(looks, settings.best_by, settings.patience):
            control.should_training_stop = True
