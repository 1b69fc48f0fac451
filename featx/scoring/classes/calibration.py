"""Whether probabilities can be taken at their word, and the temperatures that mend them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featx.protocols.task import Task
from featx.scoring.classes.results import Results
from featx.scoring.outcomes import Outcome
from featx.scoring.reliability import CalibrationErrors, Reliability
from featx.scoring.temperature import most_likely
from featx.utils.files import write_json

LEAST = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)  # probabilities below which a label may be withheld
_SMALLEST = 1e-30


@dataclass(frozen=True)
class Calibration:
    """Temperatures of a run's models, and what they do to its test predictions.

    Attributes:
        temperatures: by seed and fold; above 1 where a model was too sure of itself.
        before: the test predictions as the models gave them.
        after: the same with temperatures.
    """

    temperatures: Mapping[tuple[int, int], float]
    before: Reliability
    after: Reliability

    def to_json(self) -> dict[str, Any]:
        """Return errors, the temperatures, and what withholding labels brings; all in percent."""
        answered = [(least, *self.after.answered(least)) for least in LEAST]
        return {
            "expected_calibration_error": {"before": self.before.error, "after": self.after.error},
            "temperatures": [
                {"seed": seed, "fold": fold, "temperature": temperature}
                for (seed, fold), temperature in self.temperatures.items()
            ],
            "abstaining": [
                {
                    "below": 100 * least,
                    "answered": 100 * kept,
                    "accuracy": None if right is None else 100 * right,
                }
                for least, kept, right in answered
            ],
        }


def calibrate(task: Task, outcomes: Sequence[Outcome]) -> Calibration | None:
    """Find each model's temperature on its validation utterances, and judge it on test ones.

    Each model is judged alone, as its predictions are, not the average of several models. Linear
    heads that were fitted again have the temperature that they had before.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.

    Returns:
        The calibration; None if a model has no validation utterances.
    """
    if any("validation" not in outcome.probabilities for outcome in outcomes):
        return None
    temperatures, before, after, labels = {}, [], [], []
    for outcome in outcomes:
        fold = task.folds[outcome.fold]
        held, tested = (outcome.probabilities[part].numpy() for part in ("validation", "test"))
        temperature = find_temperature(held, task.labels(fold.validation))
        temperatures[outcome.seed, outcome.fold] = temperature
        before.append(tested)
        after.append(cool(tested, temperature))
        labels.append(task.labels(fold.test))
    truth = np.concatenate(labels)
    judged = [_judge(np.concatenate(shares), truth) for shares in (before, after)]
    return Calibration(temperatures, *judged)


def _judge(probabilities: np.ndarray, labels: np.ndarray) -> Reliability:
    return Reliability(probabilities.max(1), probabilities.argmax(1) == labels)


def find_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature at which labels are most likely (Guo et al. 2017, section 4.2).

    Args:
        probabilities: (utterances, classes).
        labels: (utterances,) class indices.

    Returns:
        The temperature, at most 100; 1 where all labels are right, which would ask for 0.
    """
    from scipy.special import log_softmax

    if (probabilities.argmax(1) == labels).all():
        return 1.0
    logits = np.log(probabilities.astype(np.float64).clip(_SMALLEST))
    places = np.arange(len(labels)), labels

    def surprise(factor: float) -> float:
        return -float(log_softmax(logits * factor, 1)[places].mean())

    return most_likely(surprise)


def cool(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities whose logits are divided by a temperature, which keeps their order.

    Args:
        probabilities: (utterances, classes) float32, adding up to one.
        temperature: positive; at 1 they are returned as they are.

    Returns:
        (utterances, classes) float32.
    """
    if temperature == 1:
        return probabilities
    from scipy.special import log_softmax

    logits = np.log(probabilities.astype(np.float64).clip(_SMALLEST))
    cooled: np.ndarray = np.exp(log_softmax(logits / temperature, 1)).astype(np.float32)
    return cooled


def write_calibration(
    task: Task, outcomes: Sequence[Outcome], results: Results, path: Path
) -> Results:
    """Write the calibration of a run, if its models have validation utterances.

    Args:
        task: what was to be learned.
        outcomes: the outcome of each seed and fold.
        results: the scores of the run.
        path: the file of JSON.

    Returns:
        The scores with the calibration errors among them.
    """
    calibration = calibrate(task, outcomes)
    if calibration is None:
        return results
    write_json(path, calibration.to_json())
    errors = CalibrationErrors(calibration.before.error, calibration.after.error)
    return replace(results, calibration_errors=errors)
