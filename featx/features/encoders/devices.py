"""What to compute with: which processor or GPUs, in which precision, with how much at a time."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from featx.errors import FeatxError
from featx.features.choices import Precision

if TYPE_CHECKING:
    import torch  # else imported where it is used: a plan needs none

ALL = "all"
BATCH_SECONDS = {"cpu": 15.0, "cuda": 120.0}  # of audio; on a GPU yet to be tried


@dataclass(frozen=True)
class Compute:
    """What to compute with, as a user writes it.

    Only the precision changes results; all else changes how long they take.

    Attributes:
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".
        precision: the type to compute in; "auto" measures, once a machine, which is fastest and
            exact enough.
        batch_seconds: seconds of audio in a batch; by default what suits the device.
        memory: bytes that features may take while heads train; by default a share of what is
            available.

    Raises:
        FeatxError: if the number of seconds is not a number above 0.
    """

    device: str = "auto"
    devices: str = "1"
    precision: Precision = "float32"
    batch_seconds: float | None = None
    memory: float | None = None

    def __post_init__(self) -> None:
        if self.batch_seconds is not None and not 0 < self.batch_seconds < math.inf:
            raise FeatxError(
                f"`batch_seconds={self.batch_seconds:g}`: give a number of seconds above 0."
            )

    @cached_property
    def places(self) -> "tuple[torch.device, ...]":
        """The processor, or the GPUs.

        Raises:
            FeatxError: if this machine lacks them.
        """
        return find_devices(self.device, self.devices)

    @property
    def place(self) -> "torch.device":
        """The processor or the first of the GPUs.

        Raises:
            FeatxError: if this machine lacks it.
        """
        return self.places[0]

    def check(self) -> None:
        """Refuse devices that are not here.

        Raises:
            FeatxError: if this machine lacks them.
        """
        find_devices(self.device, self.devices)

    @property
    def seconds(self) -> float:
        """Seconds of audio in a batch."""
        return self.batch_seconds or BATCH_SECONDS[self.place.type]


def keep_float32(device: "torch.device") -> None:
    """Let float32 be float32 on a GPU, where it would be a shorter type in convolutions."""
    import torch

    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def lacks_float16(device: "torch.device") -> bool:
    """Tell whether a device is a processor without products of float16.

    torch emulates them there, which takes about ten times as long as products of float32.
    """
    import torch

    if device.type != "cpu":
        return False
    onednn = torch.backends.mkldnn.is_available()
    return not (onednn and torch.ops.mkldnn._is_mkldnn_fp16_supported())


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch lacks memory; its own error for a GPU is a RuntimeError too."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def find_devices(device: str, devices: str = "1") -> "tuple[torch.device, ...]":
    """Return the devices that a user asks for.

    Args:
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".

    Raises:
        FeatxError: if this machine lacks them, or the words are none of these.
    """
    import torch

    here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (
        number and not (kind == "cuda" and number.isdecimal())
    ):
        raise FeatxError(f"`device={device!r}`: choose auto, cpu, cuda or cuda:<number>.")
    if devices != ALL and not (devices.isdecimal() and int(devices)):
        raise FeatxError(f"`devices={devices!r}`: choose a number of GPUs, or {ALL}.")
    several = devices != "1"
    if kind == "cpu" or (kind == "auto" and not here and not several):
        if several:
            raise FeatxError(
                f"`devices={devices!r}` is for GPUs; with `device='cpu'` all cores work anyway."
            )
        return (torch.device("cpu"),)
    if number and several:
        raise FeatxError(
            f"`device={device!r}` names a single GPU, and `devices={devices!r}` asks for several."
        )
    wanted = (
        range(int(number), int(number) + 1)
        if number
        else range(here if devices == ALL else int(devices))
    )
    if not here or wanted.stop > here:
        there = "none" if not here else ", ".join(f"cuda:{index}" for index in range(here))
        asked = f"`device={device!r}`" + (f" `devices={devices!r}`" if several else "")
        raise FeatxError(
            f"{asked}: GPUs that torch can use here: {there}. `device='cpu'` works everywhere."
        )
    return tuple(torch.device("cuda", index) for index in wanted)
