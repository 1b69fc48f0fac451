"""Predictions where classes are as frequent as is said or estimated, not as in training."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from pydantic import NonNegativeFloat

from featx.errors import FeatxError
from featx.inference.predictions import Predictions
from featx.scoring.classes.priors import correct_priors, estimate_priors

Priors = str | Mapping[str, NonNegativeFloat]
"""How frequent classes are: "uniform", "estimated", or a share for each, such as "a=0.2,b=0.8"."""
_OFF = 0.01  # how far shares may be from adding up to 1
log = logging.getLogger("featx")


def apply_priors(predictions: Predictions, wanted: Priors, trained: Sequence[float]) -> Predictions:
    """Correct predictions for how frequent classes are.

    Args:
        predictions: under the priors of training.
        wanted: the priors.
        trained: the priors of training, in the order of the classes.

    Raises:
        FeatxError: if the wanted ones can't be used.
    """
    classes, before = predictions.classes, np.array(trained)
    rows = [[row.probabilities[name] for name in classes] for row in predictions.rows]
    probabilities = np.array(rows).reshape(len(rows), len(classes))
    if wanted == "uniform":
        after = np.full(len(classes), 1 / len(classes))
    elif wanted == "estimated":
        after = estimate_priors(probabilities, before) if len(rows) else before
    else:
        after = _given(wanted, classes)
    log.info("Priors in training: %s; here: %s.", *(_listed(classes, p) for p in (before, after)))
    if not len(rows):
        return predictions
    corrected = torch.from_numpy(correct_priors(probabilities, before, after))
    names = [row.utterance for row in predictions.rows]
    return Predictions.of(classes, names, corrected, predictions.failures)


def unknown_priors() -> FeatxError:
    """Return the refusal of a model that does not know the priors of its training."""
    return FeatxError(
        "`priors` corrects for how frequent classes were in training, which this model does not "
        "say. Runs of `featx fit` that predict a class do."
    )


def _given(wanted: Mapping[str, float] | str, classes: Sequence[str]) -> np.ndarray:
    """Return the priors that are given by class."""
    shares = wanted if isinstance(wanted, Mapping) else _read(wanted)
    strange = [name for name in shares if name not in classes]
    absent = [name for name in classes if name not in shares]
    if strange or absent:
        what = f"no class {strange[0]!r}" if strange else f"no share for {', '.join(absent)}"
        raise FeatxError(
            f"`priors`: {what}; give each of {', '.join(classes)} its share, 0 for what is not "
            "there."
        )
    priors = np.array([shares[name] for name in classes], np.float64)
    if abs(priors.sum() - 1) > _OFF:
        raise FeatxError(f"`priors`: the shares add up to {priors.sum():g}, not to 1.")
    normalised: np.ndarray = priors / priors.sum()
    return normalised


def _read(text: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        try:
            share = float(value)
        except ValueError:
            share = -1.0
        if not equals or not 0 <= share <= 1 or name.strip() in shares:
            raise FeatxError(
                f"`priors={text!r}`: must be 'uniform', 'estimated', or each class's share, such "
                "as 'angry=0.2,neutral=0.8'."
            )
        shares[name.strip()] = share
    return shares


def _listed(classes: Sequence[str], priors: np.ndarray) -> str:
    return ", ".join(f"{c} {100 * share:.1f} %" for c, share in zip(classes, priors, strict=True))
