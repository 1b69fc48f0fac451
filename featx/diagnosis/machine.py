"""The processor, its threads, memory and GPUs."""

import os
import sys
from collections.abc import Iterator

from cache import describe_bytes
from featx.diagnosis.check import Check
from featx.diagnosis.versions import has_driver, installed
from featx.utils.text import first_line

LITTLE_MEMORY = 2e9  # bytes: a large encoder's weights and a batch
_NO_VECTORS = ("DEFAULT", "NO AVX")


def check_processor() -> Iterator[Check]:
    """Check the processor's instructions."""
    import torch

    from featx.utils.machine import processor_name

    capability = torch.backends.cpu.get_cpu_capability()
    bfloat16 = "with" if _multiplies_bfloat16() else "without"
    found = f"{processor_name()}: {capability}, {bfloat16} instructions for bfloat16"
    if capability in _NO_VECTORS and _is_x86():
        cure = "Use a machine with AVX2, or in a virtual machine pass the processor's flags on."
        yield Check("processor", found, "warning", cure)
    else:
        yield Check("processor", found)


def check_threads() -> Iterator[Check]:
    """Check how many threads torch uses, and how many cores this process may use."""
    import torch

    from featx.utils.machine import usable_cores

    cores, threads, given = usable_cores(), torch.get_num_threads(), os.environ.get(_THREADS)
    found = f"{threads} used, {cores:g} of {os.cpu_count()} cores for this process"
    found += f", {_THREADS}={given}" if given else ""
    if threads > max(1, cores):
        cure = f"export {_THREADS}={max(1, int(cores))}: more threads than cores wait for another"
        yield Check("threads", found, "warning", cure)
    elif given and threads < int(cores):
        yield Check("threads", found, "warning", f"unset {_THREADS}: it leaves cores idle")
    else:
        yield Check("threads", found)


_THREADS = "OMP_NUM_THREADS"


def check_memory() -> Iterator[Check]:
    """Check how much memory there is to use."""
    import psutil

    from featx.utils.machine import available_memory

    free, total = available_memory(), psutil.virtual_memory().total
    found = f"{describe_bytes(free)} to use, the machine has {describe_bytes(total)}"
    if free < LITTLE_MEMORY:
        cure = "End other programs, or raise the limit of the container or job."
        yield Check("memory", found, "warning", cure)
    else:
        yield Check("memory", found)


def check_gpu() -> Iterator[Check]:
    """Check whether torch computes on a GPU."""
    import torch

    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            yield _try_gpu(number)
    elif has_driver():
        found = f"the driver is here, but torch {installed('torch')} finds no GPU"
        cure = "Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, and install a torch of the driver's "
        yield Check("GPU", found, "warning", f"{cure}CUDA: https://pytorch.org/get-started")
    elif torch.backends.mps.is_available():
        yield Check("GPU", "Apple's (MPS), which featx does not use: the processor computes")
    else:
        yield Check("GPU", "none: the processor computes")


def _try_gpu(number: int) -> Check:
    import torch

    described = torch.cuda.get_device_properties(number)
    name = f"GPU cuda:{number}"
    found = f"{described.name}, {described.total_memory / 1e9:.0f} GB"
    try:
        values = torch.ones(64, 64, device=f"cuda:{number}")
        (values @ values).sum().item()
    except RuntimeError as error:  # of another architecture than torch is built for, or taken
        cure = "--device cpu, or a torch for this GPU: https://pytorch.org/get-started"
        return Check(name, f"{found}: {first_line(error)}", "problem", cure)
    return Check(name, found)


def _multiplies_bfloat16() -> bool:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            flags = next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:  # not Linux
        return False
    return any(flag in flags.split() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def _is_x86() -> bool:
    import platform

    return platform.machine().lower() in ("x86_64", "amd64") and sys.maxsize > 2**32
