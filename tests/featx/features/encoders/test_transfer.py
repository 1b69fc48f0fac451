"""Copies to and from a device; the GPU's on a stand-in that writes down what it is asked."""

from contextlib import nullcontext

import pytest
import torch

from featx.features.encoders.transfer import Transfer

CUDA = torch.device("cuda", 0)


def test_a_processor_copies_nothing():
    transfer, tensor = Transfer(torch.device("cpu")), torch.ones(3)
    assert transfer.to_device(tensor) is tensor
    assert transfer.to_host(tensor).ctypes.data == tensor.data_ptr()


@pytest.fixture
def asked(monkeypatch):
    """Stand in for a GPU; return the list of what it is asked to do."""
    asked = []

    class Event:
        def __init__(self, name):
            self.name = name

        def synchronize(self):
            asked.append(f"wait here for {self.name}")

    class Stream:
        def __init__(self, name="copies"):
            self.name = name

        def record_event(self):
            asked.append(f"mark {self.name}")
            return Event(self.name)

        def wait_event(self, event):
            asked.append(f"{self.name} waits for {event.name}")

    empty = torch.empty
    monkeypatch.setattr(torch.cuda, "Stream", lambda _device: Stream())
    monkeypatch.setattr(torch.cuda, "stream", lambda _stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _device: Stream("computing"))
    monkeypatch.setattr(
        torch, "empty", lambda *shape, dtype, pin_memory: empty(*shape, dtype=dtype)
    )
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda *_: asked.append("keep the source"))
    return asked


def test_a_gpu_is_waited_for_in_the_right_order(asked):
    features = torch.arange(6.0).reshape(2, 3)
    assert Transfer(CUDA).to_host(features).tolist() == features.tolist()
    assert asked == [
        "mark computing",
        "copies waits for computing",
        "keep the source",
        "mark copies",
        "wait here for copies",
    ]
