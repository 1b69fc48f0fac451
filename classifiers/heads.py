"""Every kind of head: built and trained by its settings."""

import threading
from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from classifiers.batch import Examples
from classifiers.cores import Crew
from classifiers.dense import DenseHead, DenseSettings
from classifiers.fusion import FusionHead, FusionSettings
from classifiers.history import Trained
from classifiers.linear import LinearHead, LinearSettings, train_linear
from classifiers.lstm import LstmHead, LstmSettings
from classifiers.shape import InputShape
from classifiers.training import TrainingSettings, seeded, train

CPU = torch.device("cpu")
HeadSettings = Annotated[
    DenseSettings | LstmSettings | FusionSettings | LinearSettings, Field(discriminator="kind")
]


def build_head(settings: HeadSettings, shapes: Sequence[InputShape], classes: int) -> nn.Module:
    """Return a new head; its weights come from torch's global generator.

    Args:
        settings: which, and its size.
        shapes: of the features of each store; one, but for fusion.
        classes: of the labels.
    """
    match settings:
        case FusionSettings():
            return FusionHead(settings, shapes, classes)
        case DenseSettings():
            return DenseHead(settings, shapes[0], classes)
        case LstmSettings():
            return LstmHead(settings, shapes[0], classes)
        case LinearSettings():
            return LinearHead(settings, shapes[0], classes)


def train_head(
    settings: HeadSettings,
    training_settings: TrainingSettings | None,
    shapes: Sequence[InputShape],
    classes: int,
    training: Examples,
    validation: Examples,
    seed: int,
    cores: Crew,
    stop: threading.Event,
    device: torch.device = CPU,
) -> Trained:
    """Train a new head.

    Args:
        settings: which head.
        training_settings: how; None for a linear classifier.
        shapes: of the features of each store.
        classes: of the labels.
        training: what it learns from.
        validation: what chooses its checkpoint.
        seed: of initial weights, order and dropout.
        cores: what computes, a `Crew`.
        stop: when set, training ends at the next epoch with `Stopped`.
        device: where the features are.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
        Stopped: when asked to.
    """
    head = seeded(lambda: build_head(settings, shapes, classes), seed).to(device)
    if isinstance(head, LinearHead) and isinstance(settings, LinearSettings):
        return train_linear(head, settings, training, validation, seed, stop)
    assert training_settings is not None, "only linear classifiers train without settings"
    return train(head, training, validation, training_settings, seed, cores, stop)
