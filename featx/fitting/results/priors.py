"""How frequent classes are in training, as a head learns it."""

import numpy as np

from classifiers.linear import LinearSettings
from classifiers.objectives import Classification
from featx.fitting.config import HeadConfig
from featx.fitting.objective import objective_of
from featx.protocols.task import Task


def training_priors(task: Task, config: HeadConfig) -> list[float]:
    """Return the priors of classes that a run's heads have learned, the mean over folds.

    Where classes are weighted or their sampling is balanced, these are not the classes' shares of
    the utterances, but of their weights: all the same where classes are balanced.

    Args:
        task: what was learned: classes.
        config: which head, and how it trained.

    Returns:
        Each class's prior, in the order of the classes.
    """
    objective = objective_of(task)
    assert isinstance(objective, Classification), "nothing else has priors of classes"
    settings = config.head if isinstance(config.head, LinearSettings) else config.training
    assert settings is not None, "only linear classifiers train without settings"
    sampled = config.training is not None and config.training.sampling == "balanced"
    priors = []
    for fold in task.folds:
        targets = task.targets(fold.train)
        counts = task.shared(fold.train).sum(0)
        if sampled:
            counts = (counts > 0).astype(np.float64)
        masses = counts * objective.weights(settings.class_weights, targets)
        priors.append(masses / masses.sum())
    return np.mean(priors, 0).tolist()  # type: ignore[no-any-return]
