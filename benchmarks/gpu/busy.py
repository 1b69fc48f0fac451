"""How much of the time a device is at work."""

import os
import time
from collections.abc import Callable, Iterable

import torch

from benchmarks.gpu.setting import Setting


def busy_share(setting: Setting, work: Callable[[], object]) -> float:
    """Return the share of a piece of work's time in which the card, or all cores, were busy."""
    if not setting.on_card:
        begin, used = time.perf_counter(), time.process_time()
        work()
        cores = os.cpu_count() or 1
        return (time.process_time() - used) / (time.perf_counter() - begin) / cores
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        seconds = setting.timed(work)
    torch.cuda.synchronize(setting.device)
    spans = (
        (event.time_range.start, event.time_range.end)
        for event in profiler.events() or ()
        if event.device_type == DeviceType.CUDA
    )
    return covered(spans) / 1e6 / seconds


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return how much of a line spans cover, which overlap where streams work side by side."""
    total, reached = 0.0, -1.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
