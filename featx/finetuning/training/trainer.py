"""transformers' Trainer, as a fine-tuning here uses it."""

import shutil
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import EvalPrediction

from cache import filling
from classifiers.objectives import Classification, Objective
from featx.finetuning.model import EmotionModel
from featx.finetuning.results.member import read_log
from featx.finetuning.training.augmented import Augmented, Visits
from featx.finetuning.training.rates import Unfreezing, groups_of, layers_of
from featx.finetuning.training.resources import MOMENTS
from featx.finetuning.training.settings import TuningSettings
from featx.finetuning.training.watch import LastSteps
from featx.finetuning.training.waveforms import Order, Waveforms, collate

WEIGHTS_FILE = "model.safetensors"  # of Trainer's checkpoints


class Tuner(Trainer):
    """A Trainer with a rate for the head, an order that can be resumed, and accuracy in training.

    Training ends with the last epoch or after `max_steps`, whichever is first.

    Its log has for each look at the data `loss` and, of classes, `wa` of the batches since the last
    one, as they were seen, and `eval_loss`, `eval_score` and `eval_wa`, all with `seconds` of
    training up to there, also over a stop.

    Args:
        model: the model that is trained.
        objective: what its outputs mean.
        settings: how it is trained.
        arguments: the same for Trainer, from `training_arguments`.
        training: the utterances that it learns from.
        validation: the utterances that choose the checkpoint.

    Attributes:
        tuned: the model.
        order: the order of the utterances in training.
        steps: how many steps the whole training has.
    """

    def __init__(
        self,
        model: EmotionModel,
        objective: Objective,
        settings: TuningSettings,
        arguments: TrainingArguments,
        training: Waveforms | Augmented,
        validation: Dataset[Any],
    ) -> None:
        self.settings, self.training, self.tuned = settings, training, model
        self._fixed = {n for n, weight in model.named_parameters() if not weight.requires_grad}
        self._counts, self._hits = isinstance(objective, Classification), torch.zeros(2)
        self._begin = time.perf_counter()
        super().__init__(
            model=model,
            args=arguments,
            data_collator=collate,
            train_dataset=training,
            eval_dataset=validation,
            compute_metrics=partial(measure, objective, settings),
        )
        self.remove_callback(PrinterCallback)
        self.add_callback(LastSteps())
        if settings.unfreeze_every is not None:
            self.add_callback(Unfreezing(layers_of(model.encoder), settings.unfreeze_every))
        step = settings.batch_size * settings.accumulation * arguments.world_size
        self.order = Order(
            training.samples,
            step if settings.group_by_length else None,
            arguments.seed,
            _majority(training.labels) if settings.sampling == "balanced" else None,
        )
        batches = len(self.get_train_dataloader())
        of_epochs = -(-batches // settings.accumulation) * settings.epochs
        self.steps = min(of_epochs, settings.max_steps or of_epochs)
        arguments.max_steps = self.steps  # which Trainer takes in place of epochs

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return batches in an order that depends on seed and epoch alone."""
        workers = self.args.dataloader_num_workers
        changed = isinstance(self.training, Augmented)
        loader = DataLoader(
            self.training,
            self.args.per_device_train_batch_size,
            sampler=Visits(self.order) if changed else self.order,
            collate_fn=collate,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=self.args.device.type == "cuda",
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Return AdamW with a rate for the encoder, or for each of its layers, and the head."""
        if self.optimizer is None:
            settings, tuned = self.settings, self.tuned
            self.optimizer = torch.optim.AdamW(
                groups_of(tuned.encoder, tuned.head, settings),  # Trainer logs the first's rate
                weight_decay=settings.weight_decay,
                fused=True,
            )
        return self.optimizer

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the loss, and count what was recognised in training, of classes."""
        outputs: Mapping[str, Tensor] = model(**inputs)
        if model.training and self._counts:
            hits = _recognised(outputs["logits"].detach(), inputs["labels"])
            self._hits = self._hits.to(hits.device)
            self._hits += torch.stack([hits.sum(), torch.full_like(hits.sum(), len(hits))])
        return (outputs["loss"], outputs) if return_outputs else outputs["loss"]

    def evaluate(self, *arguments: Any, **others: Any) -> dict[str, float]:
        """Measure the choosing data, and add `eval_worth`, by which Trainer keeps the best.

        It is the value by which `best_look` chooses, so that both mean the same checkpoint.
        """
        measured = super().evaluate(*arguments, **others)
        look = read_log(self.state.log_history)[-1]
        return {**measured, "eval_worth": look.worth(self.settings.best_by)}

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write a checkpoint; one that the disk has no room for is removed.

        Raises:
            DiskFull: if there is no room.
        """
        folder = Path(str(self.args.output_dir), f"checkpoint-{self.state.global_step}")
        needed = (1 + MOMENTS) * sum(weight.nbytes for weight in self._kept().values())
        with filling(folder, needed):
            try:
                super()._save_checkpoint(model, trial)
            except Exception:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def _save(
        self, output_dir: str | None = None, state_dict: dict[str, Tensor] | None = None
    ) -> None:
        """Write the weights of a checkpoint: those that a new model does not have already."""
        super()._save(output_dir, self._kept())

    def _kept(self) -> dict[str, Tensor]:
        """Return what a checkpoint has: all but weights that never train."""
        weights = self.tuned.state_dict()
        return {name: value for name, value in weights.items() if name not in self._fixed}

    def take(self, checkpoint: Path) -> None:
        """Give the model the weights of a checkpoint; it keeps those that never train."""
        kept = load_file(checkpoint / WEIGHTS_FILE)
        self.tuned.load_state_dict({**self.tuned.state_dict(), **kept})

    def _load_from_checkpoint(
        self, resume_from_checkpoint: str, model: nn.Module | None = None
    ) -> None:
        """Go on with the weights of a checkpoint."""
        self.take(Path(resume_from_checkpoint))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the share recognised since the last log, and how long training has taken."""
        if "loss" in logs and self._counts:
            hits, seen = self.accelerator.reduce(self._hits).tolist()
            logs["wa"] = hits / seen
            self._hits = torch.zeros(2)
        logs["seconds"] = time.perf_counter() - self._begin
        super().log(logs, start_time)

    def took_before(self, seconds: float) -> None:
        """Count the seconds that were spent before a stop, too."""
        self._begin = time.perf_counter() - seconds


def measure(
    objective: Objective, settings: TuningSettings, predicted: EvalPrediction
) -> dict[str, float]:
    """Return the loss and the score of (utterances, outputs) logits; of classes also WA, 0 to 1."""
    outputs = torch.from_numpy(np.asarray(predicted.predictions))
    targets = np.asarray(predicted.label_ids)
    found = objective.predictions(outputs.double()).float()
    loss, score = objective.validate(found, targets, settings)
    if not isinstance(objective, Classification):
        return {"loss": loss, "score": score}
    hits = _recognised(outputs, torch.from_numpy(targets))
    return {"loss": loss, "score": score, "wa": float(hits.double().mean())}


def _majority(targets: np.ndarray) -> np.ndarray:
    """Return the class of each utterance, or that with most votes."""
    return targets.argmax(1) if targets.ndim == 2 else targets


def _recognised(outputs: Tensor, targets: Tensor) -> Tensor:
    """Tell of each utterance whether its class, or that of most votes, is the likeliest."""
    return outputs.argmax(1) == (targets.argmax(1) if targets.ndim == 2 else targets)
