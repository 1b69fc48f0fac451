"""The score by which layers are compared: UAR of classes, mean CCC of numbers."""

from collections.abc import Sequence

import numpy as np

from featx.scoring.labels.results import LabelResults
from featx.scoring.metrics import Score
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults


def headline(results: RunResults) -> Score:
    """Return the score by which runs are compared."""
    return results.scores["ccc" if isinstance(results, NumberResults) else "uar"]


def name_of(results: RunResults) -> str:
    """Return what the headline is called."""
    return "CCC" if isinstance(results, NumberResults) else "UAR"


def unit_of(results: RunResults) -> str:
    """Return what follows its figures."""
    return "" if isinstance(results, NumberResults) else " %"


def axis_of(results: RunResults) -> str:
    """Return the headline's name and unit, for an axis or the head of a column."""
    return ", ".join(filter(None, (name_of(results), unit_of(results).strip())))


def form_of(results: RunResults) -> str:
    """Return how its figures are written."""
    return ".3f" if isinstance(results, NumberResults) else ".1f"


def chance(results: RunResults) -> float | None:
    """Return the UAR of guessing in percent; None of numbers, where it is 0 and far from most."""
    if isinstance(results, NumberResults):
        return None
    assert not isinstance(results, LabelResults), "probes take no several labels"
    return 100 / int(np.count_nonzero(results.confusion.sum(1)))


def further_names(results: RunResults) -> Sequence[str]:
    """Return the heads of the columns beside the headline: WA, or the CCC of each dimension."""
    if isinstance(results, NumberResults):
        return list(results.dimensions) if len(results.dimensions) > 1 else ["Pearson"]
    return ["WA, %"]


def further(results: RunResults) -> list[str]:
    """Return the figures of these columns."""
    if not isinstance(results, NumberResults):
        return [f"{results.scores['wa'].mean:.1f}"]
    each = results.dimensions.values()
    metric = "ccc" if len(results.dimensions) > 1 else "pearson"
    return [f"{scores[metric].mean:.3f}" for scores in each]


def dimension_lines(layers: Sequence[RunResults]) -> dict[str, list[float]]:
    """Return the CCC by layer of each dimension, where there are several."""
    numbers = [own for own in layers if isinstance(own, NumberResults)]
    names = list(numbers[0].dimensions) if numbers else []
    if len(names) < 2:
        return {}
    return {name: [own.dimensions[name]["ccc"].mean for own in numbers] for name in names}


def fold_scores(results: RunResults, validation: float) -> dict[str, float]:
    """Return the scores of a probe on a fold by the names of their columns.

    Args:
        results: its scores on test data.
        validation: its headline on validation data, as a share.
    """
    if not isinstance(results, NumberResults):
        scores = {name: score.mean for name, score in results.scores.items()}
        return {"validation_uar": 100 * validation, **scores}
    each = {f"ccc_{name}": scores["ccc"].mean for name, scores in results.dimensions.items()}
    return {"validation_ccc": validation, "ccc": results.scores["ccc"].mean, **each}
