"""How a fine-tuning went: what was seen at each look at the validation data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Look:
    """One look at the validation data.

    Attributes:
        step: of the optimiser, from 1.
        epoch: passes over the training data up to here.
        learning_rate: of the encoder; of the head where the encoder is frozen.
        train_loss: mean cross-entropy of the batches since the last look, as they were seen.
        train_wa: share of their utterances recognised, 0 to 1.
        validation_loss: mean cross-entropy.
        validation_uar: unweighted average recall, 0 to 1.
        validation_wa: share recognised, 0 to 1.
        train_seconds: from the end of the last look to the beginning of this one.
        seconds: since the beginning, this look included, pauses left out.
    """

    step: int
    epoch: float
    learning_rate: float
    train_loss: float
    train_wa: float
    validation_loss: float
    validation_uar: float
    validation_wa: float
    train_seconds: float
    seconds: float

    def score(self, best_by: str) -> float:
        """Return what is to be high: UAR, WA, or the loss below zero."""
        return {
            "uar": self.validation_uar,
            "wa": self.validation_wa,
            "loss": -self.validation_loss,
        }[best_by]


def read_log(log: Sequence[Mapping[str, Any]]) -> list[Look]:
    """Return the looks that Trainer's log tells of."""
    looks: list[Look] = []
    training: dict[int, Mapping[str, Any]] = {}
    for entry in log:
        if "loss" in entry:
            training[entry["step"]] = entry
        elif "eval_loss" in entry:
            before = training[entry["step"]]
            looks.append(
                Look(
                    *(entry["step"], entry["epoch"], before["learning_rate"]),
                    *(before["loss"], before["wa"]),
                    *(entry["eval_loss"], entry["eval_uar"], entry["eval_wa"]),
                    before["seconds"] - (looks[-1].seconds if looks else 0.0),
                    entry["seconds"],
                )
            )
    return looks


def best_look(looks: Sequence[Look], best_by: str) -> int:
    """Return the index of the best look, the first of equals."""
    return max(range(len(looks)), key=lambda index: (looks[index].score(best_by), -index))


def is_over(looks: Sequence[Look], best_by: str, patience: int) -> bool:
    """Tell whether as many looks as `patience` followed the best one."""
    return bool(looks) and len(looks) - 1 - best_look(looks, best_by) >= patience
