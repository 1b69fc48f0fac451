"""What a head's outputs mean: what they are trained towards, and how well they do."""

import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor
from torch.nn.functional import one_hot

from classifiers.choices import Loss
from classifiers.class_weights import ClassWeights, weigh_classes
from classifiers.cross_entropy import class_losses
from classifiers.scale import Scale
from classifiers.settings import Settings

Criterion = Callable[[Tensor, Tensor], Tensor]
"""Takes outputs and targets of some utterances; returns the sum of their losses."""
_LEAST = 1e-30  # of a probability whose logarithm is taken


@dataclass(frozen=True)
class BatchLoss:
    """A loss that is no sum over utterances: it takes all outputs of a batch.

    Attributes:
        measure: takes outputs and targets of a batch, (utterances, outputs); returns the loss, and
            its derivative by each output.
    """

    measure: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class LossSettings(Settings):
    """What a head is trained towards.

    Attributes:
        loss: what is minimised: of classes "cross-entropy" or "focal" (Lin et al. 2017, "Focal Loss
            for Dense Object Detection"), of numbers "ccc", "mse" or "ccc+mse"; the first of them
            by default.
        focal_gamma: how much less an utterance counts the surer the head is of it; at 0 focal loss
            is cross-entropy.
        label_smoothing: share of each training label that is spread over all classes (Szegedy et
            al. 2016, "Rethinking the Inception Architecture", section 7).
        class_weights: how much each class counts in the loss: "none" for all utterances the same,
            "balanced" for all classes the same, however many utterances they have in training, or
            numbers for some classes, such as `{angry = 2.0}`.
    """

    loss: Loss | None = None
    focal_gamma: NonNegativeFloat = 2.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: ClassWeights = "none"

    @property
    def gamma(self) -> float:
        """The exponent of focal loss, which is 0 for cross-entropy."""
        return self.focal_gamma if self.loss == "focal" else 0.0


class Validated(typing.NamedTuple):
    """How well predictions do.

    Attributes:
        loss: the lower the better; the mean over utterances.
        score: the higher the better.
    """

    loss: float
    score: float


class Objective(typing.Protocol):
    """What the outputs of a head mean."""

    @property
    def outputs(self) -> int:
        """How many outputs a head has for it."""

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return what is predicted, (utterances, outputs), from a head's outputs."""

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The losses that it has, the usual one first."""

    def scale(self, targets: np.ndarray) -> Scale | None:
        """Return what targets in training are standardised by, None if they are not."""

    def criterion(
        self, settings: LossSettings, targets: np.ndarray, device: torch.device
    ) -> Criterion | BatchLoss:
        """Return the loss.

        Args:
            settings: which loss.
            targets: those of all utterances in training.
            device: where outputs are.
        """

    def validate(
        self, predictions: Tensor, targets: np.ndarray, settings: LossSettings | None = None
    ) -> Validated:
        """Measure predictions of utterances that are not trained on.

        Args:
            predictions: (utterances, outputs).
            targets: those of the utterances.
            settings: which loss; the usual one by default.
        """


def choose_loss(settings: LossSettings | None, losses: tuple[Loss, ...]) -> Loss:
    """Return the loss that is asked for, by default the first.

    Raises:
        ValueError: if it is not among those that an objective has.
    """
    asked = settings.loss if settings else None
    if asked is not None and asked not in losses:
        raise ValueError(f"loss is {asked!r}, and there is {', '.join(losses)}")
    return asked or losses[0]


@dataclass(frozen=True)
class Classification:
    """A single class an utterance. Targets are (utterances,) int64, the indices of classes.

    Attributes:
        classes: how many classes there are.
        names: what they are called; needed where weights are given by name.
    """

    classes: int
    names: tuple[str, ...] = ()
    losses: ClassVar[tuple[Loss, ...]] = ("cross-entropy", "focal")

    @property
    def outputs(self) -> int:
        """A logit for each class."""
        return self.classes

    def shares(self, targets: Tensor) -> Tensor:
        """Return how much of each utterance is of each class, (utterances, classes) float32."""
        return one_hot(targets, self.classes).float()

    def weights(self, wanted: ClassWeights, targets: np.ndarray) -> np.ndarray:
        """Return the weight of each class, (classes,), for targets in training."""
        counts = self.shares(torch.from_numpy(targets)).double().sum(0).numpy()
        return weigh_classes(wanted, counts, self.names)

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the probabilities of logits."""
        return outputs.softmax(1)

    def scale(self, targets: np.ndarray) -> None:
        """Classes are not standardised."""

    def criterion(
        self, settings: LossSettings, targets: np.ndarray, device: torch.device
    ) -> Criterion:
        """Return the cross-entropy or focal loss of logits."""
        weights = None
        if settings.class_weights != "none":
            each = self.weights(settings.class_weights, targets)
            weights = torch.from_numpy(each).float().to(device)

        def criterion(outputs: Tensor, own: Tensor) -> Tensor:
            shares, smoothing = self.shares(own), settings.label_smoothing
            return class_losses(outputs, shares, weights, smoothing, settings.gamma).sum()

        return criterion

    def validate(
        self, predictions: Tensor, targets: np.ndarray, settings: LossSettings | None = None
    ) -> Validated:
        """Return the mean cross-entropy, and the UAR against the majority, 0 to 1."""
        shares = self.shares(torch.from_numpy(targets))
        logs = predictions.clamp_min(_LEAST).log()
        truth = shares.argmax(1)
        hits = (predictions.argmax(1) == truth).float()
        recalls = [hits[truth == label].mean() for label in truth.unique()]
        loss = -(shares * logs).sum(1).mean()
        return Validated(float(loss), float(torch.stack(recalls).mean()))


@dataclass(frozen=True)
class Distribution(Classification):
    """Several classes an utterance, each with its share of the annotators.

    Targets are (utterances, classes) float32 that add up to 1. A target that is 1 for a single
    class is that class, to the last bit.
    """

    def shares(self, targets: Tensor) -> Tensor:
        """Return the targets."""
        return targets
