"""What a fine-tuning needs beside its config: device, disk, recipients; checked before any work."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cache import check_disk, describe_bytes
from featx.errors import FeatxError
from featx.features.encoders.devices import Compute
from featx.finetuning.adapting.lora import check_peft
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.saving.hub import check_hub
from featx.finetuning.training.processes import count_processes
from featx.finetuning.training.trackers import check_trackers
from featx.runs.cost import folder_bytes
from featx.runs.files import MEMBERS, MODELS
from featx.utils.text import counted

log = logging.getLogger("featx")
CHECKPOINTS = 3  # two that are kept, and one while it is written
MOMENTS = 2  # that AdamW has for each weight that trains
WEIGHT = 4  # bytes


@dataclass(frozen=True)
class Recipients:
    """Who gets what a fine-tuning makes.

    Attributes:
        trackers: experiment trackers, which get the curves of each model.
        repository: OWNER/NAME on the Hub, which gets the best model; "" for none.
    """

    trackers: Sequence[str] = ()
    repository: str = ""


NOBODY = Recipients()


def check_compute(config: FinetuneConfig, compute: Compute) -> None:
    """Make sure that a fine-tuning can compute where it is to.

    Raises:
        FeatxError: if there is no such device, it lacks the precision, other processes run than
            the config has, or peft is missing where it is needed.
    """
    if compute.device not in ("auto", "cpu", "cuda"):  # Trainer takes the first GPU that it sees
        raise FeatxError(
            f"`device={compute.device!r}`: choose auto, cpu or cuda; the environment variable "
            "CUDA_VISIBLE_DEVICES chooses the GPU."
        )
    if config.mode == "lora":
        check_peft()
    _check_precision(compute.place, config.training.precision)
    _check_processes(config.processes)


def check_recipients(config: FinetuneConfig, recipients: Recipients) -> None:
    """Make sure that trackers and the Hub will take what they are to get.

    Raises:
        FeatxError: if a tracker or the Hub can't be reached, or no model would be there to send.
    """
    check_trackers(recipients.trackers)
    if recipients.repository:
        if config.save == "none":
            raise FeatxError("`push_to_hub` needs a saved model: leave out `save='none'`.")
        check_hub(recipients.repository)


def _check_processes(wanted: int) -> None:
    if wanted != count_processes():
        here = count_processes()
        raise FeatxError(
            f"The config has processes={wanted}, and here it is {here}: let torchrun start "
            f"{wanted}, or change the number with `settings='processes={here}'` and another "
            "`name`."
        )


def _check_precision(device: torch.device, precision: str) -> None:
    on_cpu = device.type == "cpu"
    if precision == "float16" and on_cpu:
        raise FeatxError(
            "training.precision=float16 needs a GPU; float32 and bfloat16 work everywhere."
        )
    if precision == "bfloat16" and not on_cpu and not torch.cuda.is_bf16_supported():
        raise FeatxError(
            f"training.precision=bfloat16: {torch.cuda.get_device_name()} can't; take float16."
        )


def tuning_bytes(weights: int, trained: int) -> tuple[int, int]:
    """Return the bytes of a saved model, and of all checkpoints that are there at one time.

    Args:
        weights: how many weights a saved model has.
        trained: how many train, which are those of a checkpoint.
    """
    return WEIGHT * weights, CHECKPOINTS * WEIGHT * (1 + MOMENTS) * trained


def check_space(folder: Path, weights: int, trained: int, models: int) -> None:
    """Refuse a run that the disk can't hold, and note how much it needs.

    Args:
        folder: the run's.
        weights: how many weights a saved model has.
        trained: how many train.
        models: how many are saved, at most at one time.

    Raises:
        DiskFull: if the disk has too little free.
    """
    model, checkpoints = tuning_bytes(weights, trained)
    needed = checkpoints + models * model
    there = sum(folder_bytes(folder / part) for part in (MEMBERS, MODELS))  # of a stopped attempt
    log.debug(
        f"{describe_bytes(needed)} of disk: {describe_bytes(checkpoints)} of checkpoints at most, "
        f"and {counted(models, 'model')} of {describe_bytes(model)}"
    )
    instead = "work on another disk, or keep fewer models with `save`"
    check_disk(folder, needed - there, "checkpoints and models", instead)
