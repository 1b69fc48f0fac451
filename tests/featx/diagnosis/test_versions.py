"""The device is known without torch where no driver of a GPU is installed."""

import sys

import pytest

from featx.diagnosis import versions


@pytest.fixture
def driver(monkeypatch):
    """A machine with a driver."""
    monkeypatch.setattr(versions, "has_driver", lambda: True)


def test_without_a_driver_torch_is_not_asked(monkeypatch):
    monkeypatch.setattr(versions, "DRIVERS", ("libnone.so.1",))
    monkeypatch.setitem(sys.modules, "torch", None)
    assert versions.auto_device() == "cpu"


def test_with_a_driver_torch_is_asked(driver, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Big")
    assert versions.auto_device() == "cuda:0 (Big)"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert versions.auto_device() == "cpu"


def test_a_broken_torch_stops_no_version(driver, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert versions.describe_versions().endswith("\ndevice unknown, as torch can't be loaded")


def test_a_package_that_is_not_there_is_said():
    assert versions.installed("no-such-package-of-ours") == "not installed"
