"""Two arrays side by side: the ids of all utterances, and the vectors of all."""

from collections.abc import Iterator, Mapping

import numpy as np


def split_table(
    arrays: Mapping[str, np.ndarray], count: int
) -> Iterator[tuple[str, np.ndarray]] | None:
    """Return each utterance's part of an array of all, if that is what a file holds.

    Args:
        arrays: the arrays of a file by name, or the first few.
        count: how many arrays the file holds; with more than a few, each is an utterance's.

    Returns:
        Names and arrays; None if there are not just one array of texts and one of numbers with
        as many rows.
    """
    if count > len(arrays):
        return None
    texts = [a for a in arrays.values() if a.dtype.kind in "USO" and a.ndim == 1]
    if len(texts) != 1:
        return None
    ids = texts[0]
    numbers = [
        a for a in arrays.values() if a.dtype.kind == "f" and a.ndim > 1 and len(a) == len(ids)
    ]
    if len(numbers) != 1:
        return None
    return ((_as_text(name), row) for name, row in zip(ids.tolist(), numbers[0], strict=True))


def _as_text(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
