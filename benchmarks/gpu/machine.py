"""What computes, and how fast its products and copies are."""

import os
import statistics
from collections.abc import Iterator

import torch

from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from benchmarks.setting import describe_machine, gemm_rate, versions, write_rate


def machine(setting: Setting) -> Iterator[Figure]:
    """The device's name, the rates of its products, of the disk and of copies, and its memory."""
    device = setting.device
    yield {"device": describe_machine(device), "versions": versions(), "cores": os.cpu_count()}
    for precision in ("float32", "bfloat16", "float16") if setting.on_card else ("float32",):
        rate = gemm_rate(getattr(torch, precision), device, setting.product)
        yield {f"{precision} products, TFLOP/s": rate / 1e12}
    yield {"one file takes, GB/s": write_rate(setting.scratch) / 1e9}
    if setting.on_card:
        free, whole = torch.cuda.mem_get_info(device)
        yield {"memory, GB": whole / 1e9, "of it free": free / 1e9}
        block = torch.empty(2**28, dtype=torch.uint8, device=device)
        host = torch.empty(2**28, dtype=torch.uint8, pin_memory=True)
        seconds = statistics.median(setting.timed(lambda: host.copy_(block)) for _ in range(5))
        yield {"to pinned memory, GB/s": 2**28 / seconds / 1e9}
