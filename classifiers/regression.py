"""Numbers of an utterance, such as its arousal and valence, as what a head learns."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from classifiers.choices import Loss
from classifiers.concordance import concordance, concordance_slope
from classifiers.objectives import BatchLoss, LossSettings, Validated, choose_loss
from classifiers.scale import Scale


@dataclass(frozen=True)
class Regression:
    """A number of an utterance for each column. Targets are (utterances, columns) float32.

    Losses are the mean over columns: "ccc" of 1 less the concordance over the batch (as Trigeorgis
    et al. 2016, "Adieu Features?"), "mse" of the squared error of standardised targets, "ccc+mse"
    their sum.

    Attributes:
        outputs: how many columns there are.
    """

    outputs: int
    losses: ClassVar[tuple[Loss, ...]] = ("ccc", "mse", "ccc+mse")

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the outputs, which are what is predicted."""
        return outputs

    def scale(self, targets: np.ndarray) -> Scale:
        """Return what targets are standardised by while a head is trained."""
        return Scale.of(targets)

    def criterion(
        self, settings: LossSettings, targets: np.ndarray, device: torch.device
    ) -> BatchLoss:
        """Return the loss of a batch with its slope."""
        return BatchLoss(partial(_measure, choose_loss(settings, self.losses)))

    def validate(
        self, predictions: Tensor, targets: np.ndarray, settings: LossSettings | None = None
    ) -> Validated:
        """Return the loss, and the mean concordance over columns."""
        truth = torch.from_numpy(targets)
        loss, _ = _measure(choose_loss(settings, self.losses), predictions, truth)
        return Validated(float(loss), float(concordance(predictions, truth).mean()))


def _measure(loss: Loss, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of outputs and its derivative by each, in closed form.

    Args:
        loss: which loss.
        outputs: (utterances, columns).
        targets: (utterances, columns).

    Returns:
        The loss, float64, and its slope, (utterances, columns) of the outputs' type.
    """
    value = torch.zeros((), dtype=torch.float64, device=outputs.device)
    slope = torch.zeros_like(outputs, dtype=torch.float64)
    if "ccc" in loss:
        value += (1 - concordance(outputs, targets)).mean()
        slope -= concordance_slope(outputs, targets) / outputs.shape[1]
    if "mse" in loss:
        misses = outputs.double() - targets.double()
        value += (misses * misses).mean()
        slope += 2 * misses / misses.numel()
    return value, slope.to(outputs)
