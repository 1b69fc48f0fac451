"""The mean of systems' numbers, weighted where that is asked for."""

from collections.abc import Sequence

import numpy as np

from featx.scoring.numbers.scores import SeedNumbers, measure_seeds
from featx.voting.numbers.voters import NumberPart

_Weights = dict[str, np.ndarray]


def average(predictions: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the mean over systems, (utterances, dimensions) float64.

    Args:
        predictions: (systems, utterances, dimensions).
        weights: (systems, dimensions), not negative; all systems weigh the same without, and in a
            dimension in which none weighs anything.
    """
    if weights is None:
        weights = np.ones((len(predictions), predictions.shape[2]))
    weights = np.where(weights.sum(0) > 0, weights, 1.0)
    mean: np.ndarray = (predictions * (weights / weights.sum(0))[:, None]).sum(0)
    return mean


def weigh(part: NumberPart, by_fold: bool) -> list[_Weights]:
    """Return the weight of each system: its CCC on validation data, 0 where that is below 0.

    Args:
        part: the validation part.
        by_fold: whether each fold has weights of its own, so that no utterance is voted on with
            weights that its own numbers have made, though it be validated on in another fold.

    Returns:
        Of each seed and fold, which is empty if all have the same, (systems, dimensions).
    """
    folds = _folds(part, by_fold)
    return [
        {
            fold: np.maximum([_concordances(part.truth[own], each[own]) for each in predictions], 0)
            for fold in np.unique(folds)
            for own in [folds == fold]
        }
        for predictions in part.predictions
    ]


def average_part(part: NumberPart, weights: Sequence[_Weights], by_fold: bool) -> list[np.ndarray]:
    """Return the mean of systems of each seed, (utterances, dimensions).

    Args:
        part: what they predict.
        weights: from `weigh`; none for the plain mean.
        by_fold: as there.
    """
    if not weights:
        return [average(predictions) for predictions in part.predictions]
    folds = _folds(part, by_fold)
    means = []
    for predictions, own in zip(part.predictions, weights, strict=True):
        mean = np.empty_like(part.truth)
        for fold in np.unique(folds):
            mean[folds == fold] = average(predictions[:, folds == fold], own[fold])
        means.append(mean)
    return means


def concordances(part: NumberPart) -> np.ndarray:
    """Return the CCC of each system over all of a part, (systems, dimensions), mean over seeds."""
    each = [[_concordances(part.truth, own) for own in seed] for seed in part.predictions]
    mean: np.ndarray = np.mean(each, 0)
    return mean


def _concordances(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the CCC of each dimension, (dimensions,)."""
    found: np.ndarray = measure_seeds([SeedNumbers(truth, predictions, ())])["ccc"][0]
    return found


def _folds(part: NumberPart, by_fold: bool) -> np.ndarray:
    return np.array([fold if by_fold else "" for fold, _ in part.keys])
