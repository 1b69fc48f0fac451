"""The score by which layers are compared: UAR of classes, CCC of numbers, macro F1 of labels."""

from collections.abc import Mapping, Sequence

import numpy as np

from featx.scoring.labels.results import LabelResults
from featx.scoring.metrics import Score
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults


def headline(results: RunResults) -> Score:
    """Return the score by which runs are compared."""
    if isinstance(results, NumberResults):
        return results.scores["ccc"]
    return results.scores["macro_f1" if isinstance(results, LabelResults) else "uar"]


def name_of(results: RunResults) -> str:
    """Return what the headline is called."""
    if isinstance(results, NumberResults):
        return "CCC"
    return "macro F1" if isinstance(results, LabelResults) else "UAR"


def column_of(results: RunResults) -> str:
    """Return the name of the headline's columns."""
    return name_of(results).lower().replace(" ", "_")


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
    """Return the UAR of guessing in percent; None of numbers and labels.

    There it is 0 and far from most, or depends on how often labels are guessed.
    """
    if isinstance(results, NumberResults | LabelResults):
        return None
    return 100 / int(np.count_nonzero(results.confusion.sum(1)))


def further_names(results: RunResults) -> Sequence[str]:
    """Return the heads of the columns beside the headline.

    They are WA, the CCC of each dimension, or mean average precision and the F1 of each label.
    """
    if isinstance(results, NumberResults):
        return list(results.dimensions) if len(results.dimensions) > 1 else ["Pearson"]
    if isinstance(results, LabelResults):
        return ["mAP, %", *(f"F1 {name}, %" for name in results.labels)]
    return ["WA, %"]


def further(results: RunResults) -> list[str]:
    """Return the figures of these columns."""
    if isinstance(results, LabelResults):
        each = [own["f1"] for own in results.labels.values()]
        return [f"{own:.1f}" for own in (results.scores["map"].mean, *each)]
    if not isinstance(results, NumberResults):
        return [f"{results.scores['wa'].mean:.1f}"]
    metric = "ccc" if len(results.dimensions) > 1 else "pearson"
    return [f"{scores[metric].mean:.3f}" for scores in results.dimensions.values()]


def thin_lines(layers: Sequence[RunResults]) -> dict[str, list[float]]:
    """Return by layer the CCC of each dimension, or the F1 of each label, if there are several."""
    each = list(map(_parts, layers))
    return {name: [own[name] for own in each] for name in each[0] if len(each[0]) > 1}


def _parts(results: RunResults) -> Mapping[str, float]:
    if isinstance(results, NumberResults):
        return {name: own["ccc"].mean for name, own in results.dimensions.items()}
    if isinstance(results, LabelResults):
        return {name: own["f1"] for name, own in results.labels.items()}
    return {}


def fold_scores(results: RunResults, validation: float) -> dict[str, float]:
    """Return the scores of a probe on a fold by the names of their columns.

    Args:
        results: its scores on test data.
        validation: its headline on validation data, as a share.
    """
    column = f"validation_{column_of(results)}"
    if not isinstance(results, NumberResults):
        scores = {name: score.mean for name, score in results.scores.items()}
        return {column: 100 * validation, **scores}
    each = {f"ccc_{name}": scores["ccc"].mean for name, scores in results.dimensions.items()}
    return {column: validation, "ccc": results.scores["ccc"].mean, **each}
