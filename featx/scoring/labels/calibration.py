"""Whether labels' probabilities can be taken at their word, and the temperatures that mend them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.choices import THRESHOLD
from featx.protocols.task import Task
from featx.scoring.labels.results import LabelResults, errors_as_json
from featx.scoring.outcomes import Outcome
from featx.scoring.reliability import CalibrationErrors, Reliability
from featx.scoring.temperature import most_likely
from featx.utils.files import write_json

_SMALLEST = 1e-30
_NEAREST = 2.0**-25  # to 1: what is nearer, float32 rounds to 1


@dataclass(frozen=True)
class LabelCalibration:
    """Temperatures of a run's models, and what they do to its test predictions.

    Attributes:
        labels: their names.
        temperatures: those of the labels, by seed and fold.
        before: the test predictions of each label, as the models gave them.
        after: the same with temperatures.
    """

    labels: Sequence[str]
    temperatures: Mapping[tuple[int, int], Sequence[float]]
    before: Sequence[Reliability]
    after: Sequence[Reliability]

    @property
    def errors(self) -> dict[str, CalibrationErrors]:
        """The expected calibration errors of each label."""
        pairs = zip(self.before, self.after, strict=True)
        every = (CalibrationErrors(before.error, after.error) for before, after in pairs)
        return dict(zip(self.labels, every, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return the errors in percent, and the temperatures by label."""
        return {
            "expected_calibration_error": errors_as_json(self.errors),
            "temperatures": [
                {
                    "seed": seed,
                    "fold": fold,
                    "temperatures": dict(zip(self.labels, own, strict=True)),
                }
                for (seed, fold), own in self.temperatures.items()
            ],
        }


def calibrate_labels(task: Task, outcomes: Sequence[Outcome]) -> LabelCalibration | None:
    """Find each model's temperatures on its validation utterances, and judge them on test ones.

    Each model is judged alone, as its predictions are, not the average of several models. Linear
    heads that were fitted again have the temperatures that they had before.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.

    Returns:
        The calibration; None if a model has no validation utterances.
    """
    if any("validation" not in outcome.probabilities for outcome in outcomes):
        return None
    temperatures, before, after, fits = {}, [], [], []
    for outcome in outcomes:
        fold = task.folds[outcome.fold]
        held, tested = (outcome.probabilities[part].numpy() for part in ("validation", "test"))
        own = find_label_temperatures(held, task.shared(fold.validation) > 0)
        temperatures[outcome.seed, outcome.fold] = own
        before.append(tested)
        after.append(cool_labels(tested, own))
        fits.append(task.shared(fold.test) > 0)
    truth = np.concatenate(fits)
    judged = [judge_labels(np.concatenate(shares), truth) for shares in (before, after)]
    return LabelCalibration(task.classes, temperatures, *judged)


def judge_labels(probabilities: np.ndarray, fits: np.ndarray) -> list[Reliability]:
    """Return how far the probabilities of each label can be taken at their word.

    Args:
        probabilities: (utterances, labels).
        fits: (utterances, labels) which labels fit.
    """
    return list(map(Reliability, probabilities.T, fits.T))


def find_label_temperatures(probabilities: np.ndarray, fits: np.ndarray) -> tuple[float, ...]:
    """Find the temperature of each label at which what fits is most likely.

    Each label is a binary problem of its own, which Platt scaling calibrates by sigmoid(a z + b) of
    its logit z (Guo et al. 2017, section 4.1). Here a is 1 / temperature and b is 0, so that a
    model by itself predicts a label from a probability of 0.5 on where it did before.

    Args:
        probabilities: (utterances, labels).
        fits: (utterances, labels) which labels fit.

    Returns:
        A temperature for each label, at most 100; 1 where all its predictions are right, which
        would ask for 0.
    """
    logits = _logits(probabilities)
    right = (probabilities >= THRESHOLD) == fits
    signed = np.where(fits, logits, -logits)
    return tuple(
        1.0 if own.all() else _temperature(column)
        for own, column in zip(right.T, signed.T, strict=True)
    )


def _temperature(signed: np.ndarray) -> float:
    """Return the most likely temperature of logits, negated where the label doesn't fit."""
    return most_likely(lambda factor: float(np.logaddexp(0, -signed * factor).mean()))


def cool_labels(
    probabilities: np.ndarray, temperatures: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Return probabilities whose logits are divided by temperatures, which keep their order.

    In float32 a probability can't be told from 1 where its logit is above 17.3. It is taken for
    that of 17.3.

    Args:
        probabilities: (utterances, labels) float32.
        temperatures: positive, one for each label, or (utterances, labels).

    Returns:
        (utterances, labels) float32; as they were where the temperature is 1.
    """
    from scipy.special import expit

    heat = np.asarray(temperatures)
    cooled = expit(_logits(probabilities) / heat).astype(np.float32)
    kept: np.ndarray = np.where(heat == 1, probabilities, cooled)
    return kept


def _logits(probabilities: np.ndarray) -> np.ndarray:
    shares = probabilities.astype(np.float64)
    logits: np.ndarray = np.log(shares.clip(_SMALLEST)) - np.log((1 - shares).clip(_NEAREST))
    return logits


def write_label_calibration(
    task: Task, outcomes: Sequence[Outcome], results: LabelResults, path: Path
) -> LabelResults:
    """Write the calibration of a run, if its models have validation utterances.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        results: the scores of the run.
        path: the file of JSON.

    Returns:
        The scores with the calibration errors among them.
    """
    calibration = calibrate_labels(task, outcomes)
    if calibration is None:
        return results
    write_json(path, calibration.to_json())
    return replace(results, calibration_errors=calibration.errors)
