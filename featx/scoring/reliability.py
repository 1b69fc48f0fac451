"""How far a model's probabilities can be taken at their word."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

BINS = 15  # of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks"


@dataclass(frozen=True)
class Reliability:
    """How sure models were of each test utterance, and whether they were right.

    Attributes:
        confidence: (utterances,) the probability of the most probable class, or of a label.
        right: (utterances,) whether it was the true class, or whether the label fits.
    """

    confidence: np.ndarray
    right: np.ndarray

    def bins(self) -> list[tuple[float, float, int]]:
        """Return mean confidence, share right and utterances of each bin that is not empty."""
        edges = np.linspace(0, 1, BINS + 1)[1:-1]
        owners = np.digitize(self.confidence, edges, right=True)
        chosen = [owners == place for place in np.unique(owners)]
        return [
            (float(self.confidence[own].mean()), float(self.right[own].mean()), int(own.sum()))
            for own in chosen
        ]

    @property
    def error(self) -> float:
        """The expected calibration error in percent: of classes that of Guo et al. 2017, eq. 3.

        Of a label it is the binary one of Naeini et al. 2015, "Obtaining Well Calibrated
        Probabilities Using Bayesian Binning": the sum over bins of the share of utterances in the
        bin times |mean probability - share that the label fits|.
        """
        gaps = [count * abs(confidence - right) for confidence, right, count in self.bins()]
        return 100 * sum(gaps) / len(self.right)

    def answered(self, least: float) -> tuple[float, float | None]:
        """Return the share of labels kept, and of these the share right; None where none is kept.

        Args:
            least: labels whose probability is lower are withheld.
        """
        kept = self.confidence >= least
        return float(kept.mean()), float(self.right[kept].mean()) if kept.any() else None


class CalibrationErrors(NamedTuple):
    """Expected calibration errors of test predictions, in percent.

    Attributes:
        before: with the probabilities as the models gave them.
        after: with the temperatures that validation utterances chose.
    """

    before: float
    after: float

    @classmethod
    def mean(cls, errors: "Iterable[CalibrationErrors]") -> "CalibrationErrors":
        """Return the mean, as of labels' errors (Kull et al. 2019, classwise-ECE in section 2)."""
        return cls(*(float(np.mean(own)) for own in zip(*errors, strict=True)))
