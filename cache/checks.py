"""What a store checks before it takes anything in."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cache.errors import StoreError
from cache.layout import Layout


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


def check_finite(utterance: str, layout: Layout, stored: np.ndarray) -> None:
    """Refuse features, (layers, frames, dim) in a store's type, with a value that is no number.

    Raises:
        StoreError: if there is one, or one is infinite.
    """
    for layer, values in zip(layout.layers, stored, strict=True):
        if not all_finite(values):
            raise StoreError(f"{utterance!r}: layer {layer} {_unfit(layout, values)}")


def _unfit(layout: Layout, values: np.ndarray) -> str:
    if layout.dtype == "float16" and not np.isnan(values).any():
        return (
            "overflows float16. Store the features in float32, and if that fails too, "
            "compute them in float32 as well."
        )
    return (
        "has values that are not finite: the model itself failed on it. Compute the features "
        "in float32, if they were not."
    )
