"""What the outputs of a saved model stand for."""

from typing import Any, Self

from pydantic import model_validator

from classifiers.multilabel import MultiLabel
from classifiers.objectives import Classification, Objective
from classifiers.regression import Regression
from featx.protocols.task import Task
from featx.runs.class_names import ClassNames
from featx.utils.config import Schema


class Outputs(Schema):
    """What the outputs of a model stand for, as its file says.

    Attributes:
        classes: the names of the classes; none of a regression.
        dimensions: the columns of numbers that a regression predicts; none of classes.
        several: whether any number of classes may fit an utterance.
    """

    classes: ClassNames | None = None
    dimensions: ClassNames | None = None
    several: bool = False

    @model_validator(mode="after")
    def _are_either(self) -> Self:
        if (self.classes is None) == (self.dimensions is None):
            raise ValueError("a model has either classes or dimensions")
        return self

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return the outputs of a model that learns a task."""
        if task.dimensions:
            return cls(dimensions=task.dimensions)
        return cls(classes=task.classes, several=task.several)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each output."""
        return self.dimensions or self.classes or ()

    @property
    def objective(self) -> Objective:
        """What is learned so."""
        if self.dimensions:
            return Regression(len(self.dimensions))
        return (MultiLabel if self.several else Classification)(len(self.names), self.names)

    def to_table(self) -> dict[str, Any]:
        """Return what is set, as a file has it."""
        return self.model_dump(mode="json", exclude_defaults=True)
