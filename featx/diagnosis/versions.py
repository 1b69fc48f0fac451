"""Versions, and where featx would compute, without waiting for torch where that can be known."""

import ctypes
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

DRIVERS = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so")


def describe_versions() -> str:
    """Return a line each for featx, torch, transformers, Python and the device."""
    from featx import __version__

    packages = "\n".join(f"{name} {installed(name)}" for name in ("torch", "transformers"))
    return (
        f"featx {__version__}\n{packages}\nPython {platform.python_version()}\n"
        f"device {auto_device()}"
    )


def installed(package: str) -> str:
    """Return the version of a package, or "not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def auto_device() -> str:
    """Return what `device="auto"` stands for; torch is loaded only where there may be a GPU."""
    if not (has_driver() or "rocm" in installed("torch")):
        return "cpu"
    try:
        import torch

        return f"cuda:0 ({torch.cuda.get_device_name(0)})" if torch.cuda.is_available() else "cpu"
    except Exception:  # a torch that doesn't load: `featx doctor` says why
        return "unknown, as torch can't be loaded"


def has_driver() -> bool:
    """Tell whether a driver of NVIDIA GPUs is installed, without which torch finds none."""
    for name in DRIVERS:
        try:
            ctypes.CDLL(name)
            return True
        except OSError:
            continue
    return False
