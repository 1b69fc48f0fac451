"""Several labels at once, of which any may fit an utterance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from classifiers.choices import THRESHOLD, Loss
from classifiers.class_weights import ClassWeights, weigh_classes
from classifiers.cross_entropy import label_losses
from classifiers.objectives import Criterion, LossSettings, Validated


@dataclass(frozen=True)
class MultiLabel:
    """Any number of labels an utterance. Targets are (utterances, labels) float32 of 0 and 1.

    Attributes:
        classes: how many labels there are.
        names: what they are called; needed where weights are given by name.
    """

    classes: int
    names: tuple[str, ...] = ()
    losses: ClassVar[tuple[Loss, ...]] = ("cross-entropy", "focal")

    @property
    def outputs(self) -> int:
        """A logit for each label."""
        return self.classes

    def weights(self, wanted: ClassWeights, targets: np.ndarray) -> np.ndarray:
        """Return how much an utterance counts that a label doesn't fit, and that it fits.

        Args:
            wanted: "balanced" for both the same together, label by label; a number for a label
                is that of both.
            targets: those of all utterances in training.

        Returns:
            (2, labels).
        """
        if wanted == "balanced":
            fits = targets.sum(0, dtype=np.float64)
            counts = np.stack([len(targets) - fits, fits])
            return np.stack([weigh_classes(wanted, own, ()) for own in counts.T], 1)
        return np.tile(weigh_classes(wanted, np.ones(self.classes), self.names), (2, 1))

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the probability of each label."""
        return outputs.sigmoid()

    def scale(self, targets: np.ndarray) -> None:
        """Labels are not standardised."""

    def criterion(
        self, settings: LossSettings, targets: np.ndarray, device: torch.device
    ) -> Criterion:
        """Return the binary cross-entropy, or the focal loss, of logits."""
        weights = None
        if settings.class_weights != "none":
            each = self.weights(settings.class_weights, targets)
            weights = torch.from_numpy(each).float().to(device)

        def criterion(outputs: Tensor, own: Tensor) -> Tensor:
            smoothing, gamma = settings.label_smoothing, settings.gamma
            return label_losses(outputs, own, weights, smoothing, gamma).sum()

        return criterion

    def validate(
        self, predictions: Tensor, targets: np.ndarray, settings: LossSettings | None = None
    ) -> Validated:
        """Return the mean binary cross-entropy, and the macro F1, 0 to 1."""
        truth = torch.from_numpy(targets)
        loss = float(binary_cross_entropy(predictions, truth))
        found, fits = predictions >= THRESHOLD, truth > 0
        counts = (found.sum(0) + fits.sum(0)).double()
        f1 = 2 * (found & fits).sum(0)[counts > 0] / counts[counts > 0]
        return Validated(loss, float(f1.mean()) if len(f1) else 0.0)
