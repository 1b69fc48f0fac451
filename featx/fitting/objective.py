"""What a head's outputs mean, by the task that it learns."""

from classifiers.objectives import Classification, Objective
from featx.protocols.task import Task


def objective_of(task: Task) -> Objective:
    """Return what the outputs of a head for a task mean."""
    return Classification(len(task.classes))
