"""Comparing systems on the same test utterances: scores, cost, and whether they differ."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from featx.comparison.compare_classes import compare_classes
from featx.comparison.compare_labels import compare_labels
from featx.comparison.compare_numbers import compare_numbers
from featx.comparison.comparison import Comparison
from featx.comparison.evaluate import evaluate
from featx.comparison.systems.classes import System
from featx.comparison.systems.labels import LabelSystem
from featx.comparison.systems.numbers import NumberSystem
from featx.comparison.systems.scored import AnySystem
from featx.errors import Call, FeatxError
from featx.utils.arguments import checked
from featx.utils.files import AnyPath

_WAYS: Mapping[type[AnySystem], Callable[..., Comparison[Any]]] = {
    System: compare_classes,
    NumberSystem: compare_numbers,
    LabelSystem: compare_labels,
}


@checked
def compare(
    paths: AnyPath | Sequence[AnyPath], manifest: str | Path | None = None
) -> Comparison[Any]:
    """Compare systems on the same test utterances: scores, cost, and whether they differ.

    Args:
        paths: run folders, prediction files, or folders of either; each folder that holds
            prediction files is a system.
        manifest: a CSV that names the speakers, where the files have no speaker column.

    Returns:
        The scores and the cost of every system, and the differences of every pair.

    Raises:
        FeatxError: if a file can't be used, there are fewer than two systems, or their test sets
            differ.

    Example:
        >>> comparison = featx.compare(
        ...     ["runs/manifest-encoder-dense", "runs/manifest-encoder-linear"]
        ... )
        >>> print(comparison.pairs[0].difference)
    """
    systems = evaluate(paths, manifest).systems
    if len(systems) < 2:
        raise FeatxError(
            f"{systems[0].name} is one system, and comparing takes two or more. Give more run "
            "folders or the folder that holds them.",
            Call("Score one alone", "evaluate", {"paths": systems[0].folder}),
        )
    compare_kind = _WAYS[type(systems[0])]  # all are of the same kind
    return compare_kind(systems)
