"""What a head's outputs mean: what they are trained towards, and how well they do."""

import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from classifiers.choices import Loss
from classifiers.scale import Scale
from classifiers.settings import Settings

Criterion = Callable[[Tensor, Tensor], Tensor]
"""Takes outputs and targets of some utterances; returns the sum of their losses."""


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
        loss: what is minimised: of classes "cross-entropy", of numbers "ccc", "mse" or "ccc+mse";
            the first of them by default.
        label_smoothing: share of each training label that is spread over all classes (Szegedy et
            al. 2016, "Rethinking the Inception Architecture", section 7).
        class_balance: whether all classes weigh the same in the loss, however many utterances
            they have in training.
    """

    loss: Loss | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_balance: bool = False


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
    """

    classes: int
    losses: ClassVar[tuple[Loss, ...]] = ("cross-entropy",)

    @property
    def outputs(self) -> int:
        """A logit for each class."""
        return self.classes

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the probabilities of logits."""
        return outputs.softmax(1)

    def scale(self, targets: np.ndarray) -> None:
        """Classes are not standardised."""

    def criterion(
        self, settings: LossSettings, targets: np.ndarray, device: torch.device
    ) -> Criterion:
        """Return the cross-entropy of logits."""
        weights = None
        if settings.class_balance:
            counts = np.bincount(targets, minlength=self.classes)
            each = len(targets) / (np.count_nonzero(counts) * counts.clip(1))
            weights = torch.from_numpy(each).float().to(device)
        smoothing = settings.label_smoothing
        return partial(cross_entropy, weight=weights, reduction="sum", label_smoothing=smoothing)

    def validate(
        self, predictions: Tensor, targets: np.ndarray, settings: LossSettings | None = None
    ) -> Validated:
        """Return the mean cross-entropy and the unweighted average recall, 0 to 1."""
        truth = torch.from_numpy(targets)
        loss = nll_loss(predictions.clamp_min(1e-30).log(), truth).item()
        hits = (predictions.argmax(1) == truth).float()
        recalls = [hits[truth == label].mean() for label in truth.unique()]
        return Validated(loss, float(torch.stack(recalls).mean()))
