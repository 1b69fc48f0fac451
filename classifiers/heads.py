"""Every kind of head: built and trained by its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from classifiers.batch import Examples
from classifiers.cores import Worker
from classifiers.dense import DenseHead, DenseSettings
from classifiers.fusion import FusionHead, FusionSettings
from classifiers.head import Head
from classifiers.history import Trained
from classifiers.linear import LinearHead, LinearSettings, fit_linear, train_linear
from classifiers.lstm import LstmHead, LstmSettings
from classifiers.objectives import Objective
from classifiers.scale import Scale
from classifiers.shape import InputShape
from classifiers.training import TrainingSettings, seeded, train, train_for

HeadSettings = Annotated[
    DenseSettings | LstmSettings | FusionSettings | LinearSettings, Field(discriminator="kind")
]


def build_head(settings: HeadSettings, shapes: Sequence[InputShape], objective: Objective) -> Head:
    """Return a new head; its weights come from torch's global generator.

    Args:
        settings: which head, and its size.
        shapes: the shape of each store's features; a single store's, except for fusion.
        objective: what its outputs mean.
    """
    match settings:
        case FusionSettings():
            return FusionHead(settings, shapes, objective)
        case DenseSettings():
            return DenseHead(settings, shapes[0], objective)
        case LstmSettings():
            return LstmHead(settings, shapes[0], objective)
        case LinearSettings():
            return LinearHead(settings, shapes[0], objective)


@dataclass(frozen=True)
class HeadDesign:
    """What a head is built and trained from.

    Attributes:
        settings: which head, and its size.
        training: how it trains; None for a linear classifier.
        shapes: the shape of each store's features; a single store's, except for fusion.
        objective: what its outputs mean.
    """

    settings: HeadSettings
    training: TrainingSettings | None
    shapes: Sequence[InputShape]
    objective: Objective

    def build(self) -> Head:
        """Return a new head; its weights come from torch's global generator."""
        return build_head(self.settings, self.shapes, self.objective)


def train_head(
    design: HeadDesign, training: Examples, validation: Examples, seed: int, worker: Worker
) -> Trained:
    """Train a new head.

    Args:
        design: which head, and how it trains.
        training: what it learns from.
        validation: what chooses its checkpoint.
        seed: the seed of initial weights, order and dropout.
        worker: what computes, and tells when to stop.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
        Stopped: when asked to.
    """
    scale = design.objective.scale(training.targets)
    if scale:
        training, validation = scale.standardise(training), scale.standardise(validation)
    head = seeded(design.build, seed).to(worker.device)
    if isinstance(head, LinearHead) and isinstance(design.settings, LinearSettings):
        trained = train_linear(head, design.settings, training, validation, seed, worker)
    else:
        assert design.training is not None, "only linear classifiers train without settings"
        trained = train(head, training, validation, design.training, seed, worker)
    return _restored(trained, scale)


def train_on_all(
    design: HeadDesign, training: Examples, chosen: int, seed: int, worker: Worker
) -> Trained:
    """Train a new head with nothing held out.

    Args:
        design: which head, and how it trains.
        training: what it learns from.
        chosen: how many epochs it trains for; of a linear classifier, the place of its strength in
            the settings, from 1.
        seed: the seed of initial weights, order and dropout.
        worker: what computes, and tells when to stop.

    Raises:
        FloatingPointError: if the loss becomes infinite or not a number.
        Stopped: when asked to.
    """
    scale = design.objective.scale(training.targets)
    if scale:
        training = scale.standardise(training)
    head = seeded(design.build, seed).to(worker.device)
    if isinstance(head, LinearHead) and isinstance(design.settings, LinearSettings):
        trained = fit_linear(head, design.settings, chosen, training, seed)
    else:
        assert design.training is not None, "only linear classifiers train without settings"
        trained = train_for(head, training, design.training, chosen, seed, worker)
    return _restored(trained, scale)


def _restored(trained: Trained, scale: Scale | None) -> Trained:
    """Have heads that learned standardised targets predict them in their own units."""
    if scale:
        for head in filter(None, (trained.head, trained.refitted)):
            scale.restore(head.output)
    return trained
