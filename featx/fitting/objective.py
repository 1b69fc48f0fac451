"""What a head's outputs mean, by the task that it learns."""

from collections.abc import Sequence

from classifiers.choices import Sampling
from classifiers.class_weights import ClassWeights
from classifiers.linear import LinearSettings
from classifiers.multilabel import MultiLabel
from classifiers.objectives import (
    Classification,
    Distribution,
    LossSettings,
    Objective,
    choose_loss,
)
from classifiers.regression import Regression
from featx.errors import FeatxError
from featx.fitting.config import HeadConfig
from featx.protocols.task import Task


def objective_of(task: Task) -> Objective:
    """Return what the outputs of a head for a task mean."""
    if task.dimensions:
        return Regression(len(task.dimensions))
    classes = len(task.classes), task.classes
    if task.several:
        return MultiLabel(*classes)
    return Distribution(*classes) if task.shares else Classification(*classes)


def loss_name(task: Task, settings: LossSettings) -> str:
    """Return what the loss of a task is called in pictures."""
    names = {
        "ccc": "1 − CCC",
        "mse": "squared error, standardised",
        "ccc+mse": "1 − CCC + squared error",
        "focal": "focal loss, and cross-entropy in validation, nats",
    }
    return names.get(choose_loss(settings, objective_of(task).losses), "cross-entropy, nats")


def score_name(task: Task) -> str:
    """Return what the score of a task is called."""
    if task.dimensions:
        return "CCC"
    return "macro F1" if task.several else "UAR"


def describe_score(task: Task, score: float) -> str:
    """Return a validation score in words."""
    figure = f"{score:.3f}" if task.dimensions else f"{100 * score:.1f} %"
    return f"{score_name(task)} {figure}"


def check_loss(settings: LossSettings, objective: Objective, classes: Sequence[str]) -> None:
    """Raise a FeatxError if what is learned can't be trained towards so.

    Args:
        settings: the loss, those of the table `training`.
        objective: what outputs mean.
        classes: what is told apart.
    """
    try:
        choose_loss(settings, objective.losses)
    except ValueError as error:
        raise FeatxError(f"`settings='training.loss'`: {error} for what is learned.") from error
    _check_weights("training", settings.class_weights, objective, classes)


def check_head(config: HeadConfig, objective: Objective, classes: Sequence[str]) -> None:
    """Raise a FeatxError if a head can't learn so.

    Args:
        config: which head, and how it trains.
        objective: what its outputs mean.
        classes: what it tells apart.
    """
    training = config.training
    if training:
        check_loss(training, objective, classes)
        check_sampling(training.sampling, objective)
    if isinstance(config.head, LinearSettings):
        if config.head.kind == "svm" and isinstance(objective, Distribution):
            raise FeatxError(
                "`head='svm'` learns a single class of each utterance; `head='linear'` learns the "
                "shares of several."
            )
        if not isinstance(objective, Regression):
            _check_weights("head", config.head.class_weights, objective, classes)


def check_sampling(sampling: Sampling, objective: Objective) -> None:
    """Raise a FeatxError if classes are to take turns where there are none."""
    if sampling == "shuffled" or isinstance(objective, Classification):
        return
    cure = "" if isinstance(objective, Regression) else " `training.class_weights` balances labels."
    raise FeatxError(
        "`settings='training.sampling'`: an utterance has no class of its own in what is learned, "
        f"so classes can't take turns.{cure}"
    )


def _check_weights(
    table: str, weights: ClassWeights, objective: Objective, classes: Sequence[str]
) -> None:
    setting = f"`settings='{table}.class_weights'`"
    if weights != "none" and isinstance(objective, Regression):
        raise FeatxError(f"{setting}: numbers are learned, which have no classes.")
    unknown = [] if isinstance(weights, str) else [n for n in weights if n not in classes]
    if unknown:
        raise FeatxError(f"{setting}: no class {unknown[0]!r}; there is {', '.join(classes)}.")
