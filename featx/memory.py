"""How much memory there is to use."""

import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_LIMITS = (  # of control groups, version 2 and 1: limit, what is used of it, and what for
    (_GROUPS / "memory.max", _GROUPS / "memory.current", _GROUPS / "memory.stat"),
    (
        _GROUPS / "memory/memory.limit_in_bytes",
        _GROUPS / "memory/memory.usage_in_bytes",
        _GROUPS / "memory/memory.stat",
    ),
)
_FILES = ("active_file", "inactive_file")  # of the page cache: given back when it is needed


def available_memory() -> int:
    """Return the bytes that this process can still take without pushing others out."""
    return min([_of_machine(), *_of_groups()])


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):  # not Linux: half of what there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _of_groups() -> list[int]:
    left = []
    for limit, used, uses in _LIMITS:
        try:
            named = dict(line.split() for line in uses.read_text().splitlines())
            files = sum(int(named.get(name, 0)) for name in _FILES)
            left.append(int(limit.read_text()) - int(used.read_text()) + files)
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return left
