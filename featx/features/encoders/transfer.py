"""Copies between this machine's memory and a device's."""

import numpy as np
import torch
from torch import Tensor


class Transfer:
    """Copies to and from a device; on a GPU through pinned memory, beside its computing.

    Batches are encoded in more than one thread for each GPU. While one thread waits here for
    its features, which leave on a stream of their own, another keeps the GPU computing.

    Args:
        device: a processor or a GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def to_device(self, tensor: Tensor) -> Tensor:
        """Return the tensor on the device."""
        if self._stream is None:
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def to_host(self, tensor: Tensor) -> np.ndarray:
        """Return what the device computed, once it has."""
        if self._stream is None:
            array: np.ndarray = tensor.numpy()
            return array
        computed = torch.cuda.current_stream(self.device).record_event()
        with torch.cuda.stream(self._stream):
            self._stream.wait_event(computed)
            host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            host.copy_(tensor, non_blocking=True)
            tensor.record_stream(self._stream)
            copied = self._stream.record_event()
        copied.synchronize()
        return host.numpy()
