"""How much memory there is to use."""

import os
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_FILES = ("active_file", "inactive_file")  # of the page cache: given back when it is needed


def available_memory() -> int:
    """Return the bytes that this process can still take without pushing others out.

    The machine's, or fewer if a control group that the process is in allows fewer (Linux).
    """
    return min([_of_machine(), *_of_groups()])


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):  # not Linux: half of what there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _of_groups() -> Iterator[int]:
    for folder, limit, used in _groups():
        for group in (folder, *folder.parents):  # a group is bound by those around it
            try:
                uses = dict(
                    line.split() for line in (group / "memory.stat").read_text().splitlines()
                )
                files = sum(int(uses.get(name, 0)) for name in _FILES)
                yield int((group / limit).read_text()) - int((group / used).read_text()) + files
            except (OSError, ValueError):  # no such file, or "max"
                continue


def _groups() -> Iterator[tuple[Path, str, str]]:
    """Yield the groups of this process, with the names of their files, of versions 2 and 1."""
    try:
        lines = [line.split(":", 2) for line in _OWN.read_text().splitlines()]
    except OSError:
        return
    for _, controllers, path in lines:
        own = path.lstrip("/")
        if not controllers:
            yield _ROOT / own, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            folder = _ROOT / "memory" / own
            yield folder, "memory.limit_in_bytes", "memory.usage_in_bytes"
