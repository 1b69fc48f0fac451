"""How a training went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from classifiers.choices import Monitor
from classifiers.head import Head


class Stopped(Exception):
    """Training was asked to stop."""


@dataclass(frozen=True)
class Epoch:
    """A row of a training history: an epoch, or a strength that a linear classifier tried.

    Attributes:
        epoch: the number of the epoch or strength, from 1.
        train_loss: mean cross-entropy of the training batches, with dropout, as they were seen.
        validation_loss: mean cross-entropy of the validation data after the epoch; not a number
            where nothing was held out.
        validation_uar: unweighted average recall of the same, 0 to 1.
        seconds: how long it took.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_uar: float
    seconds: float

    @classmethod
    def without_validation(cls, epoch: int, train_loss: float, seconds: float) -> "Epoch":
        """Return a row of a training that holds nothing out."""
        return cls(epoch, train_loss, math.nan, math.nan, seconds)

    def worth(self, monitor: Monitor) -> float:
        """Return what is higher the better the epoch is."""
        return self.validation_uar if monitor == "uar" else -self.validation_loss


@dataclass(frozen=True)
class Trained:
    """A trained head.

    Attributes:
        head: the head in evaluation mode, with its best weights.
        history: an entry for each epoch.
        best: the index of the entry whose weights were kept.
        remark: what did not go as it should; empty if all did.
        refitted: a head fitted again on training and validation data; None unless asked for. It
            must not be scored on validation data.
    """

    head: Head
    history: Sequence[Epoch]
    best: int
    remark: str = ""
    refitted: Head | None = None

    @property
    def final(self) -> Head:
        """The head that is tested and kept."""
        return self.refitted or self.head


def cross_entropy_and_uar(probabilities: Tensor, labels: np.ndarray) -> tuple[float, float]:
    """Return the mean cross-entropy and the unweighted average recall, 0 to 1.

    Args:
        probabilities: (utterances, classes).
        labels: (utterances,) class indices.
    """
    truth = torch.from_numpy(labels)
    loss = nll_loss(probabilities.clamp_min(1e-30).log(), truth).item()
    hits = (probabilities.argmax(1) == truth).float()
    recalls = [hits[truth == label].mean() for label in truth.unique()]
    return loss, float(torch.stack(recalls).mean())
