"""How far a model's probabilities can be taken at their word."""

from dataclasses import dataclass

import numpy as np

BINS = 15  # of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks"


@dataclass(frozen=True)
class Reliability:
    """How sure models were of each test utterance, and whether they were right.

    Attributes:
        confidence: (utterances,) the probability of the most probable class.
        right: (utterances,) whether it was the true one.
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
        """The expected calibration error in percent (Guo et al. 2017, eq. 3)."""
        gaps = [count * abs(confidence - right) for confidence, right, count in self.bins()]
        return 100 * sum(gaps) / len(self.right)

    def answered(self, least: float) -> tuple[float, float | None]:
        """Return the share of labels kept, and of these the share right; None where none is kept.

        Args:
            least: labels whose probability is lower are withheld.
        """
        kept = self.confidence >= least
        return float(kept.mean()), float(self.right[kept].mean()) if kept.any() else None
