"""What a store checks before it takes anything in."""

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]
from collections.abc import Mapping
from typing import Any

import numpy as np


def differences(held: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Name every key for which two tables differ, and how."""
    return [
        f"{key}: the store has {held.get(key)!r}, asked for {asked.get(key)!r}"
        for key in {**held, **asked}
        if held.get(key) != asked.get(key)
    ]


def all_finite(values: np.ndarray) -> bool:
    """Tell whether no value is infinite or not a number, from the bits: numpy's test is slow.

    Those two have every bit of the exponent set, so their bits are the largest.
    """
    unsigned = np.dtype(f"u{values.itemsize}")
    magnitude = values.view(unsigned) & (np.iinfo(unsigned).max >> 1)
    infinity = np.array(np.inf, values.dtype).view(unsigned)
    return bool(magnitude.max(initial=0) < infinity)


def open_files() -> int:
    """Return how many files a process may have open; a number for those without a limit."""
    usual = 8192
    if resource is None:
        return usual
    limit: int = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return usual if limit == resource.RLIM_INFINITY else limit
