"""Train a head with early stopping on validation loss."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from classifiers.batch import Examples, batches


class TrainingSettings(BaseModel):
    """How a head trains.

    Attributes:
        learning_rate: of Adam.
        batch_size: utterances a step.
        epochs: at most so many passes over the training data.
        patience: stop after so many epochs without a lower validation loss.
        clip_value: bound on the size of each gradient entry.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: PositiveFloat
    batch_size: PositiveInt
    epochs: PositiveInt
    patience: PositiveInt
    clip_value: PositiveFloat


@dataclass(frozen=True)
class Epoch:
    """One row of a training history.

    Attributes:
        epoch: from 1.
        train_loss: mean cross-entropy of the training batches, with dropout, as they were seen.
        validation_loss: mean cross-entropy of the validation data after the epoch.
        validation_uar: unweighted average recall of the same, 0 to 1.
        seconds: it took.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_uar: float
    seconds: float


Head = TypeVar("Head", bound=nn.Module)


def train(
    build: Callable[[], Head],
    training: Examples,
    validation: Examples,
    settings: TrainingSettings,
    seed: int,
) -> tuple[Head, list[Epoch]]:
    """Train a new head and return it as it was at its lowest validation loss.

    Args:
        build: makes the head; its initial weights follow from `seed`.
        training: what it learns from.
        validation: what tells when to stop.
        settings: how.
        seed: of initial weights, order and dropout. The global generator is left as it was.

    Returns:
        The head, in evaluation mode, and the history.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = build()
        optimizer = torch.optim.Adam(head.parameters(), settings.learning_rate)
        history: list[Epoch] = []
        for number in range(1, settings.epochs + 1):
            history.append(_run_epoch(number, head, optimizer, training, validation, settings))
            best = min(history, key=lambda epoch: epoch.validation_loss)
            if best is history[-1]:
                best_weights = copy.deepcopy(head.state_dict())
            elif number - best.epoch == settings.patience:
                break
    head.load_state_dict(best_weights)
    return head.eval(), history


@torch.inference_mode()
def predict(head: nn.Module, examples: Examples, batch_size: int) -> Tensor:
    """Return class probabilities, (utterances, classes) float32."""
    head.eval()
    return torch.cat([head(batch).softmax(1) for batch in batches(examples, batch_size)])


def _run_epoch(
    number: int,
    head: nn.Module,
    optimizer: torch.optim.Optimizer,
    training: Examples,
    validation: Examples,
    settings: TrainingSettings,
) -> Epoch:
    begin = time.perf_counter()
    train_loss = _train_epoch(head, optimizer, training, settings)
    loss, recall = _validate(head, validation, settings.batch_size)
    if not math.isfinite(train_loss + loss):
        raise FloatingPointError(
            f"the loss is no longer finite in epoch {number}; a learning rate below "
            f"{settings.learning_rate:g} may help"
        )
    return Epoch(number, train_loss, loss, recall, time.perf_counter() - begin)


def _train_epoch(
    head: nn.Module,
    optimizer: torch.optim.Optimizer,
    training: Examples,
    settings: TrainingSettings,
) -> float:
    head.train()
    total = 0.0
    order = torch.randperm(len(training)).tolist()
    for batch in batches(training, settings.batch_size, order):
        loss = cross_entropy(head(batch), batch.labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(head.parameters(), settings.clip_value)
        optimizer.step()
        total += loss.item() * len(batch.labels)
    return total / len(training)


def _validate(head: nn.Module, validation: Examples, batch_size: int) -> tuple[float, float]:
    """Return the mean cross-entropy and the unweighted average recall."""
    probabilities = predict(head, validation, batch_size)
    labels = torch.from_numpy(validation.labels)
    loss = cross_entropy(probabilities.clamp_min(1e-30).log(), labels).item()
    hits = (probabilities.argmax(1) == labels).float()
    recalls = [hits[labels == label].mean() for label in labels.unique()]
    return loss, float(torch.stack(recalls).mean())
