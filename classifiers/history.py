"""How a training went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.choices import Monitor
from classifiers.head import Head


class Stopped(Exception):
    """Training was asked to stop."""


@dataclass(frozen=True)
class Epoch:
    """A row of a training history: an epoch, or a strength that a linear classifier tried.

    Attributes:
        epoch: the number of the epoch or strength, from 1.
        train_loss: mean loss of the training batches, with dropout, as they were seen.
        validation_loss: mean loss of the validation data after the epoch; not a number where
            nothing was held out.
        validation_score: the objective's score of the same: of classes the unweighted average
            recall, 0 to 1; of numbers the mean CCC, -1 to 1.
        seconds: how long it took.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_score: float
    seconds: float

    @classmethod
    def without_validation(cls, epoch: int, train_loss: float, seconds: float) -> "Epoch":
        """Return a row of a training that holds nothing out."""
        return cls(epoch, train_loss, math.nan, math.nan, seconds)

    def worth(self, monitor: Monitor) -> float:
        """Return what is higher the better the epoch is."""
        return self.validation_score if monitor == "score" else -self.validation_loss


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
