"""Which processor or GPUs to compute on."""

import torch

from featx.errors import FeatxError

ALL = "all"


def keep_float32(device: torch.device) -> None:
    """Let float32 be float32 on a GPU, where it would be a shorter type in convolutions."""
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch lacks memory; its own error for a GPU is a RuntimeError too."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def find_devices(device: str, count: str = "1") -> tuple[torch.device, ...]:
    """Return the devices that a user asked for.

    Args:
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:<number>".
        count: how many GPUs, or "all".

    Raises:
        FeatxError: if this machine lacks them, or the words are none of these.
    """
    here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (
        number and not (kind == "cuda" and number.isdecimal())
    ):
        raise FeatxError(f"--device {device}: choose auto, cpu, cuda or cuda:<number>.")
    if count != ALL and not (count.isdecimal() and int(count)):
        raise FeatxError(f"--devices {count}: choose a number of GPUs, or {ALL}.")
    several = count != "1"
    if kind == "cpu" or (kind == "auto" and not here and not several):
        if several:
            raise FeatxError(f"--devices {count} is for GPUs; with --device cpu all cores work.")
        return (torch.device("cpu"),)
    if number and several:
        raise FeatxError(f"--device {device} names one GPU and --devices {count} several.")
    wanted = (
        range(int(number), int(number) + 1)
        if number
        else range(here if count == ALL else int(count))
    )
    if not here or wanted.stop > here:
        there = "none" if not here else ", ".join(f"cuda:{index}" for index in range(here))
        raise FeatxError(
            f"--device {device} --devices {count}: GPUs that torch can use here: {there}. "
            "--device cpu works everywhere."
        )
    return tuple(torch.device("cuda", index) for index in wanted)
