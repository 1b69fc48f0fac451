"""What a fine-tuning uses without being determined by it, checked before any work."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from featx.errors import FeatxError
from featx.features.encoders.devices import find_devices
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.hub import check_hub
from featx.finetuning.processes import count_processes
from featx.finetuning.trackers import check_trackers
from featx.runs.cost import describe_bytes, folder_bytes
from featx.runs.folder import MEMBERS, MODELS

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Surroundings:
    """What a fine-tuning uses.

    Attributes:
        device: where to compute.
        trackers: that are told how it goes.
        repository: of the Hub, where the best model is sent; "" for nowhere.
    """

    device: torch.device = CPU
    trackers: Sequence[str] = ()
    repository: str = ""


def find_surroundings(
    config: FinetuneConfig, device: str, trackers: Sequence[str] = (), repository: str = ""
) -> Surroundings:
    """Return what is asked for, if it is there.

    Args:
        config: what is to be done there.
        device: "auto", "cpu" or "cuda".
        trackers: names.
        repository: as in `Surroundings`.

    Raises:
        FeatxError: if a device, its precision, a tracker or the Hub is not there, or there would
            be no model to send.
    """
    if ":" in device:
        raise FeatxError(
            f"--device {device}: choose auto, cpu or cuda; CUDA_VISIBLE_DEVICES chooses the GPU."
        )
    found = find_devices(device)[0]
    _check_precision(found, config.training.precision)
    _check_processes(config.processes)
    check_trackers(trackers)
    if repository:
        if config.save == "none":
            raise FeatxError("--push-to-hub needs a saved model: leave out --save none.")
        check_hub(repository)
    return Surroundings(found, tuple(trackers), repository)


def _check_processes(wanted: int) -> None:
    if wanted != count_processes():
        raise FeatxError(
            f"processes={wanted} in the config, but {count_processes()} running here: begin "
            f"it with torchrun --nproc-per-node {wanted} -m featx finetune, or change it with "
            f"--set processes={count_processes()} and another --name."
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


_CHECKPOINTS = 3  # two that are kept, and one while it is written
_MOMENTS = 2  # that AdamW has for each weight that trains
_WEIGHT = 4  # bytes
log = logging.getLogger("featx")


def tuning_bytes(weights: int, trained: int) -> tuple[int, int]:
    """Return the bytes of a saved model, and of all checkpoints that are there at one time.

    Args:
        weights: of a model.
        trained: how many of them train.
    """
    return _WEIGHT * weights, _CHECKPOINTS * _WEIGHT * (weights + _MOMENTS * trained)


def check_disk(folder: Path, weights: int, trained: int, models: int) -> None:
    """Say how much disk is needed, and refuse a run that it can't hold.

    Args:
        folder: of the run.
        weights: of a model.
        trained: how many of them train.
        models: how many are saved, at most at one time.

    Raises:
        FeatxError: if the disk has too little free.
    """
    model, checkpoints = tuning_bytes(weights, trained)
    needed = checkpoints + models * model
    there = sum(folder_bytes(folder / part) for part in (MEMBERS, MODELS))  # of a stopped attempt
    free = shutil.disk_usage(folder).free
    log.debug(
        "%s of disk: %s of checkpoints at most, and %d models of %s",
        *(describe_bytes(needed), describe_bytes(checkpoints), models, describe_bytes(model)),
    )
    if needed > free + there:
        raise FeatxError(
            f"{folder}: checkpoints and models need {describe_bytes(needed)}, the disk has "
            f"{describe_bytes(free + there)} for them. Free some, work on another disk, or save "
            "fewer models with --save."
        )
