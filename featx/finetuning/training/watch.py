"""What follows a training step by step: its log, progress, and when it stops."""

import logging
import math
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from featx.errors import FeatxError
from featx.finetuning.results.member import is_over, read_log
from featx.finetuning.training.settings import TuningSettings
from featx.finetuning.training.waveforms import Order
from featx.utils.progress import Advance

log = logging.getLogger("featx")


class LastSteps(TrainerCallback):
    """Logs the last steps as all others, also where they are fewer."""

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: Any,
    ) -> None:
        """Ask for a log before the last look."""
        if state.global_step >= state.max_steps:
            control.should_log = True


class Watch(TrainerCallback):
    """Follows a training; keeps nothing that a resumed one would lack.

    Args:
        settings: how the model is trained.
        order: the order of the utterances; it is told the number of each epoch.
        advance: called after each step, with 1.
        title: what `run.log` calls the model.
        describe: returns a validation score in words.
    """

    def __init__(
        self,
        settings: TuningSettings,
        order: Order,
        advance: Advance,
        title: str,
        describe: Callable[[float], str],
    ) -> None:
        self._settings, self._order = settings, order
        self._advance, self._title, self._describe = advance, title, describe

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
        """Show progress."""
        self._advance(1)

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
            lower = self._settings.learning_rate / 10
            raise FeatxError(
                f"{self._title}: the loss is no longer finite at step {state.global_step}. Try "
                f"`settings='training.learning_rate={lower:g}'`, "
                "`settings='training.warmup=0.1'` or `settings='training.precision=float32'`, "
                "with `overwrite` or another `name`."
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
        seen = "" if look.train_wa is None else f", WA {100 * look.train_wa:.1f} %"
        log.debug(
            f"{self._title}, step {look.step}: training loss {look.train_loss:.4f}{seen}; "
            f"validation loss {look.validation_loss:.4f}, "
            f"{self._describe(look.validation_score)}; {look.train_seconds:.1f} s since the last "
            "look"
        )
        settings = self._settings
        if is_over(looks, settings.best_by, settings.patience):
            control.should_training_stop = True
