"""The machine and versions a run was made with."""

import os
import platform
import resource
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

PACKAGES = ("featx", "torch", "torchaudio", "transformers", "numpy", "h5py", "scikit-learn")


def describe_environment() -> dict[str, Any]:
    """Return when, where and with which versions this process runs, as JSON values."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["featx", *sys.argv[1:]]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "packages": {name: version(name) for name in PACKAGES},
    }


def peak_memory(device: torch.device) -> tuple[int, int | None]:
    """Return the most bytes that this process has held, and on the GPU if it computes there."""
    unit = 1 if sys.platform == "darwin" else 1024
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    on_gpu = device.type == "cuda"
    return held, torch.cuda.max_memory_allocated(device) if on_gpu else None


def reset_peak_memory(device: torch.device) -> None:
    """Begin to look for a GPU's peak anew; a process has but one."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def device_name(device: torch.device) -> str:
    """Return "cpu", or the GPU's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
