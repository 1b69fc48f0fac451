"""What a fine-tuning uses without being determined by it, checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from featx.encoders.devices import find_devices
from featx.errors import FeatxError
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.hub import check_hub
from featx.finetuning.processes import count_processes
from featx.finetuning.trackers import check_trackers

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
