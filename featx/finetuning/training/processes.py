"""The processes of a fine-tuning: one, or as many as `torchrun` starts."""

import atexit
import os
from typing import Any, TypeVar

import torch

T = TypeVar("T")


def count_processes() -> int:
    """Return how many processes `torchrun` has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leads() -> bool:
    """Tell whether this process is the first of those that `torchrun` has started, or alone."""
    return os.environ.get("RANK", "0") == "0"


class Processes:
    """What the first process decides, the others follow; it alone writes.

    Args:
        device: where they compute: several on a processor, or one on each GPU.

    Attributes:
        count: how many processes there are.
        leads: whether this is the first.
    """

    def __init__(self, device: torch.device) -> None:
        self.count = count_processes()
        self.leads = leads()
        self._agreed = False
        if self.count > 1:
            from accelerate import PartialState

            on_cpu = device.type == "cpu"
            PartialState(cpu=on_cpu, **({"backend": "gloo"} if on_cpu else {}))
            atexit.register(disconnect)  # not before: a script may fine-tune several times

    def agree(self, value: T) -> T:
        """Return the value of the first process."""
        self._agreed = True
        if self.count == 1:
            return value
        holder: list[Any] = [value]
        torch.distributed.broadcast_object_list(holder)
        shared: T = holder[0]
        return shared

    def dismiss(self, nothing: T) -> None:
        """Let the other processes go on if the first ends before it had work for them.

        Args:
            nothing: what the others get from `agree` when there is no work.
        """
        if self.leads and not self._agreed:
            self.agree(nothing)


def disconnect() -> None:
    """Disconnect the processes: one that ends while connected can abort and stop the others."""
    if count_processes() > 1 and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
