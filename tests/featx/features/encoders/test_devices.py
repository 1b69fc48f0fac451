"""Devices as a user names them, on machines with and without GPUs."""

import pytest
import torch

from featx.errors import FeatxError
from featx.features.encoders.devices import find_devices


@pytest.fixture
def gpus(monkeypatch):
    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize(
    ("here", "device", "count", "expected"),
    [
        (0, "auto", "1", ["cpu"]),
        (0, "cpu", "1", ["cpu"]),
        (2, "cpu", "1", ["cpu"]),
        (2, "auto", "1", ["cuda:0"]),
        (2, "cuda", "1", ["cuda:0"]),
        (2, "cuda:1", "1", ["cuda:1"]),
        (2, "auto", "all", ["cuda:0", "cuda:1"]),
        (3, "cuda", "2", ["cuda:0", "cuda:1"]),
    ],
)
def test_devices_are_found(gpus, here, device, count, expected):
    gpus(here)
    assert [str(one) for one in find_devices(device, count)] == expected


@pytest.mark.parametrize(
    ("here", "device", "count", "message"),
    [
        (0, "cuda", "1", "GPUs that torch can use here: none"),
        (0, "auto", "all", "GPUs that torch can use here: none"),
        (2, "cuda:2", "1", "here: cuda:0, cuda:1"),
        (2, "auto", "3", "here: cuda:0, cuda:1"),
        (2, "cuda:0", "2", "asks for several"),
        (2, "cpu", "2", "is for GPUs"),
        (0, "gpu", "1", "choose auto, cpu, cuda"),
        (0, "cpu:1", "1", "choose auto, cpu, cuda"),
        (2, "cuda", "0", "choose a number of GPUs"),
        (2, "cuda", "²", "choose a number of GPUs"),
        (2, "cuda:²", "1", "choose auto, cpu, cuda"),
    ],
)
def test_what_is_not_there_is_explained(gpus, here, device, count, message):
    gpus(here)
    with pytest.raises(FeatxError, match=message):
        find_devices(device, count)
