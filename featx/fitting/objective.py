"""What a head's outputs mean, by the task that it learns."""

from classifiers.objectives import Classification, LossSettings, Objective, choose_loss
from classifiers.regression import Regression
from featx.errors import FeatxError
from featx.protocols.task import Task


def objective_of(task: Task) -> Objective:
    """Return what the outputs of a head for a task mean."""
    if task.dimensions:
        return Regression(len(task.dimensions))
    return Classification(len(task.classes))


def check_loss(objective: Objective, settings: LossSettings | None) -> None:
    """Raise a FeatxError if an objective has no such loss."""
    try:
        choose_loss(settings, objective.losses)
    except ValueError as error:
        raise FeatxError(f"`settings='training.loss'`: {error} for what is learned.") from error
    if settings and settings.class_balance and isinstance(objective, Regression):
        raise FeatxError(
            "`settings='training.class_balance'`: numbers are learned, which have no classes."
        )
