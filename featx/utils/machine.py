"""What this machine is, and how much memory there is to use."""

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    import torch  # else imported where it is used: where it is broken, the rest is still asked

GROUPS = Path("/sys/fs/cgroup")  # the control groups of Linux
OWN_GROUPS = Path("/proc/self/cgroup")  # those that this process is in
_FILES = ("active_file", "inactive_file")  # of the page cache: given back when it is needed


def available_memory() -> int:
    """Return the bytes that this process can still take without displacing other processes.

    The machine's, or fewer if a control group that the process is in allows fewer (Linux).
    """
    return min([free_memory(), *_of_groups()])


def free_memory() -> int:
    """Return the bytes that the machine has available, whatever groups allow of them."""
    return int(psutil.virtual_memory().available)


def usable_cores() -> float:
    """Return how many cores this process may use.

    The machine's, or fewer if its affinity or the quota of a control group allows fewer (Linux).
    """
    own = psutil.Process()
    allowed = len(own.cpu_affinity()) if hasattr(own, "cpu_affinity") else os.cpu_count() or 1
    return min([float(allowed), *_quotas()])


def _quotas() -> Iterator[float]:
    """Yield how many cores each group around this process allows."""
    for folder, is_new in _groups("cpu"):
        for group in (folder, *folder.parents):
            try:
                if is_new:
                    quota, period = (group / "cpu.max").read_text("utf-8").split()
                else:
                    quota, period = (
                        (group / f"cpu.cfs_{name}_us").read_text("utf-8")
                        for name in ("quota", "period")
                    )
                if float(quota) > 0:
                    yield float(quota) / float(period)
            except (OSError, ValueError):  # no such file, or "max"
                continue


def _of_groups() -> Iterator[int]:
    for folder, is_new in _groups("memory"):
        limit, used = (
            ("memory.max", "memory.current")
            if is_new
            else ("memory.limit_in_bytes", "memory.usage_in_bytes")
        )
        for group in (folder, *folder.parents):  # a group is bound by those around it
            try:
                uses = dict(
                    line.split() for line in (group / "memory.stat").read_text("utf-8").splitlines()
                )
                files = sum(int(uses.get(name, 0)) for name in _FILES)
                most, taken = (int((group / name).read_text("utf-8")) for name in (limit, used))
                yield most - taken + files
            except (OSError, ValueError):  # no such file, or "max"
                continue


def _groups(controller: str) -> Iterator[tuple[Path, bool]]:
    """Yield the groups of this process that control something, and whether of version 2."""
    try:
        lines = [line.split(":", 2) for line in OWN_GROUPS.read_text("utf-8").splitlines()]
    except OSError:
        return
    for _, controllers, path in lines:
        own = path.lstrip("/")
        if not controllers:
            yield GROUPS / own, True
        elif controller in controllers.split(","):
            yield GROUPS / controllers / own, False


@cache
def version(package: str) -> str:
    """Return the version of an installed package, whose metadata are read once."""
    return metadata.version(package)


PACKAGES = ("featx", "torch", "torchaudio", "transformers", "numpy", "h5py", "scikit-learn")


def describe_environment() -> dict[str, Any]:
    """Return when, where and with which versions this process runs, as JSON values.

    Threads and GPU are None where nothing was computed with torch, whose import takes a second.
    """
    torch = sys.modules.get("torch")
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["featx", *sys.argv[1:]]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads() if torch else None,
        "gpu": torch.cuda.get_device_name() if torch and torch.cuda.is_available() else None,
        "packages": {name: version(name) for name in PACKAGES},
    }


def peak_memory(device: "torch.device") -> tuple[int, int | None]:
    """Return the most bytes that this process has held, and on the GPU if it computes there."""
    import torch

    on_gpu = device.type == "cuda"
    return _most_held(), torch.cuda.max_memory_allocated(device) if on_gpu else None


def _most_held() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def reset_peak_memory(device: "torch.device") -> None:
    """Forget the peak of a GPU's memory so far; a process's own can't be forgotten."""
    import torch

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def device_name(device: "torch.device") -> str:
    """Return "cpu", or the GPU's name."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def processor_name() -> str:
    """Return what the processor calls itself."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
