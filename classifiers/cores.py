"""Threads that share the cores: each computes alone on one."""

from concurrent.futures import ThreadPoolExecutor

import torch


def use_one_core() -> None:
    """Let this thread's products use no other core."""
    torch.get_num_threads()  # takes over the process's setting, which must not happen later
    torch.set_num_threads(1)


def crew(threads: int) -> ThreadPoolExecutor:
    """Return threads of one core each."""
    return ThreadPoolExecutor(threads, initializer=use_one_core)
