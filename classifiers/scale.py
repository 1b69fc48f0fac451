"""Targets that are standardised while a head is trained."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from classifiers.batch import Examples


@dataclass(frozen=True)
class Scale:
    """What targets are standardised by, so that all columns weigh the same in training.

    Attributes:
        mean: (columns,) float64.
        deviation: (columns,) float64, population; 1 where a column never varies.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, targets: np.ndarray) -> "Scale":
        """Return the scale of targets in training, (utterances, columns)."""
        values = targets.astype(np.float64)
        varies = np.ptp(values, axis=0) > 0
        return cls(values.mean(0), np.where(varies, values.std(0), 1))

    def standardised(self, targets: np.ndarray) -> np.ndarray:
        """Return targets, (utterances, columns), less the mean, in deviations, as float32."""
        values: np.ndarray = (targets - self.mean) / self.deviation
        return values.astype(np.float32)

    def standardise(self, examples: Examples) -> Examples:
        """Return the same utterances with standardised targets."""
        return Examples(examples.branches, self.standardised(examples.targets))

    def restore(self, output: nn.Linear) -> None:
        """Have a last layer, trained on standardised targets, give them in their own units."""
        mean, deviation = (
            torch.from_numpy(values).to(output.weight.device)
            for values in (self.mean, self.deviation)
        )
        with torch.no_grad():
            output.weight.copy_(output.weight.double() * deviation[:, None])
            output.bias.copy_(output.bias.double() * deviation + mean)
