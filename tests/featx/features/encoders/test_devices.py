"""Devices as a user names them, on machines with and without GPUs."""

import pytest
import torch

from featx.errors import FeatxError
from featx.features.encoders.devices import BATCH_SECONDS, Compute, find_devices


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
    assert [str(found) for found in find_devices(device, count)] == expected


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


def test_a_number_of_devices_is_named_only_if_it_is_given(gpus):
    gpus(0)
    with pytest.raises(FeatxError) as error:
        find_devices("cuda")
    assert "`devices" not in error.value.message


def test_what_to_compute_with_is_written_in_words(gpus):
    gpus(2)
    compute = Compute("auto", "all")
    assert list(map(str, compute.places)) == ["cuda:0", "cuda:1"]
    assert (str(compute.place), compute.seconds) == ("cuda:0", BATCH_SECONDS["cuda"])
    assert Compute("cpu", batch_seconds=3.0).seconds == 3.0


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_batch_has_a_number_of_seconds(seconds):
    with pytest.raises(FeatxError, match="`batch_seconds="):
        Compute(batch_seconds=seconds)


def test_devices_that_are_not_here_are_refused_when_asked(gpus):
    gpus(0)
    compute = Compute("cuda")  # as in a dry run, which computes nothing
    with pytest.raises(FeatxError, match="`device='cuda'`"):
        compute.check()
