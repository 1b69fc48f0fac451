"""The settings of a fine-tuning as transformers' Trainer takes them."""

from pathlib import Path

import torch
from transformers import TrainingArguments

from featx.finetuning.training.settings import TuningSettings

WORKERS_ON_GPU = 4  # that read audio, while a GPU computes; a processor has no core to spare


def training_arguments(
    settings: TuningSettings,
    folder: Path,
    seed: int,
    device: torch.device,
    name: str,
) -> TrainingArguments:
    """Return settings as Trainer takes them.

    Args:
        settings: how to train.
        folder: where checkpoints go.
        seed: decides the order, dropout and masking.
        device: where to compute; further processes of `torchrun` take further GPUs.
        name: what trackers call the run.
    """
    on_cpu = device.type == "cpu"
    arguments = TrainingArguments(
        output_dir=str(folder),
        run_name=name,
        seed=seed,
        use_cpu=on_cpu,
        ddp_backend="gloo" if on_cpu and torch.distributed.is_initialized() else None,
        ddp_find_unused_parameters=True,  # no mask embedding where nothing is masked
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=_schedule(settings),
        warmup_steps=settings.warmup,
        max_grad_norm=settings.max_grad_norm,
        bf16=settings.precision == "bfloat16",
        fp16=settings.precision == "float16",
        eval_strategy="steps",
        save_strategy="steps",
        logging_strategy="steps",
        eval_steps=settings.every,
        save_steps=settings.every,
        logging_steps=settings.every,
        logging_nan_inf_filter=False,  # would hide that training has diverged
        save_total_limit=2,
        metric_for_best_model="worth",  # see `Tuner.evaluate`
        greater_is_better=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=0 if on_cpu else WORKERS_ON_GPU,
        dataloader_pin_memory=not on_cpu,
        report_to="none",  # see `trackers.tracking`
        disable_tqdm=True,
        log_level="error",
    )
    if arguments.n_gpu > 1:  # further GPUs come with torchrun, one a process
        arguments._n_gpu = 1
    return arguments


def _schedule(settings: TuningSettings) -> str:
    return "constant_with_warmup" if settings.schedule == "constant" else settings.schedule
