"""The usual baseline: a linear classifier, or linear regression, on pooled features."""

import copy
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from classifiers.batch import Examples, Input, Part
from classifiers.choices import MomentPooling
from classifiers.class_weights import ClassWeights
from classifiers.cores import Worker
from classifiers.head import Head
from classifiers.history import Epoch, Stopped, Trained
from classifiers.multilabel import MultiLabel
from classifiers.objectives import Classification, Objective, Validated
from classifiers.regression import Regression
from classifiers.regressors import solve_regression
from classifiers.settings import Settings
from classifiers.shape import InputShape
from classifiers.solvers import LinearKind, Solution, solve_labels, solve_linear

Strength = Annotated[float, Field(ge=1e-12, le=1e12)]
_TOGETHER = 8  # utterances that are pooled at once


class LinearSettings(Settings):
    """What a linear classifier is made of, or a linear regression.

    Attributes:
        kind: of classes "linear" for multinomial logistic regression, "svm" for a linear support
            vector machine, each class against the others; of numbers "linear" for ridge
            regression, "svm" for linear support vector regression.
        pooling: what is taken over the frames of an utterance, of every layer and feature.
        strengths: values of C to try, the inverse of regularisation; the value with the highest
            score on validation data is taken (UAR, or mean CCC), the first of equal ones.
        refit: whether the classifier is then fitted once more, with that strength, on training
            and validation utterances together.
        class_weights: how much each class counts in training: "balanced" for all classes the same,
            "none" for all utterances the same, or numbers for some classes, such as
            `{angry = 2.0}`.
    """

    average_frames: ClassVar[int] = 1  # the moments are those of all frames

    kind: LinearKind
    pooling: MomentPooling
    strengths: Annotated[tuple[Strength, ...], Field(min_length=1)]
    refit: bool = False
    class_weights: ClassWeights = "balanced"


class LinearHead(Head):
    """Pooled frames of all layers side by side, and a linear output.

    Args:
        settings: how frames are pooled.
        shape: the shape of the features.
        objective: what its outputs mean.
    """

    part_size = 8  # utterances computed together

    def __init__(self, settings: LinearSettings, shape: InputShape, objective: Objective) -> None:
        super().__init__()
        self.objective = objective
        self.pooling = settings.pooling
        pools = len(self.pooling.split("+"))
        self.layer_averages = nn.ModuleList()  # it has none: every layer has its own weights
        self.output = nn.Linear(shape.layers * shape.dim * pools, objective.outputs)

    def forward(self, part: Part) -> Tensor:
        """Return logits, or margins of a support vector machine: (utterances, outputs)."""
        pooled = pool(part.inputs[0], self.pooling).double()
        # of thousands of products, float32 would depend on who else is in the batch
        return F.linear(pooled, self.output.weight.double(), self.output.bias.double()).float()


def pool(given: Input, pooling: MomentPooling) -> Tensor:
    """Return the mean, and the deviation, over frames of every standardised layer and feature.

    Returns:
        (utterances, layers · dim), twice as wide with the deviation.
    """
    frames = [values.float() for values in given.features]
    mean = torch.stack([values.mean(1) for values in frames])
    if given.mean is not None and given.deviation is not None:
        mean = (mean - given.mean) / given.deviation
    pooled = [mean]
    if pooling == "mean+deviation":
        deviation = torch.stack([values.std(1, correction=0) for values in frames])
        pooled.append(deviation if given.deviation is None else deviation / given.deviation)
    return torch.cat([values.flatten(1) for values in pooled], 1)


def train_linear(
    head: LinearHead,
    settings: LinearSettings,
    training: Examples,
    validation: Examples,
    seed: int,
    worker: Worker,
) -> Trained:
    """Fit a linear classifier for each strength and keep the best on validation data.

    Args:
        head: the head that takes the weights.
        settings: which classifier, and the strengths to try.
        training: what it learns from.
        validation: what chooses the strength.
        seed: the seed of the support vector machine's order; logistic regression draws nothing.
        worker: tells when to stop, at the next strength, and is told how far it is.

    Returns:
        The head, a history with an entry for each strength, and the head that was fitted again.

    Raises:
        Stopped: when asked to.
    """
    strengths = settings.strengths
    share = 1 / (len(strengths) + 4)  # two poolings, the second fit, and what predicts later
    pooled = _pool_all(training, settings.pooling)
    worker.step(share)
    checked = _pool_all(validation, settings.pooling)
    fitted = _solve(head, settings, pooled, training.targets, strengths, seed)
    history: list[Epoch] = []
    solutions: list[Solution] = []
    unsolved = []
    for number, strength in enumerate(strengths, 1):
        worker.step(share)
        if worker.stop.is_set():
            raise Stopped
        begin = time.perf_counter()
        found = next(fitted)
        if not found.solved:
            unsolved.append(strength)
        solutions.append(found)
        train_loss, _ = _score(found, head.objective, pooled, training.targets)
        loss, score = _score(found, head.objective, checked, validation.targets)
        history.append(Epoch(number, train_loss, loss, score, time.perf_counter() - begin))
    best = max(range(len(history)), key=lambda index: history[index].validation_score)
    worker.step(share)
    _place(solutions[best], head)
    refitted = None
    if settings.refit:
        if worker.stop.is_set():
            raise Stopped
        strength = strengths[best]
        everything = np.concatenate([pooled, checked])
        targets = np.concatenate([training.targets, validation.targets])
        (found,) = _solve(head, settings, everything, targets, [strength], seed)
        refitted = _place(found, copy.deepcopy(head))
        if not found.solved and strength not in unsolved:
            unsolved.append(strength)
    return Trained(head, history, best, _remark(unsolved), refitted)


def fit_linear(
    head: LinearHead, settings: LinearSettings, number: int, training: Examples, seed: int
) -> Trained:
    """Fit a linear classifier with the strength that is known to be best.

    Args:
        head: the head that takes the weights.
        settings: which classifier.
        number: the place of the strength in the settings, from 1.
        training: what it learns from.
        seed: as for `train_linear`.
    """
    begin = time.perf_counter()
    strength = settings.strengths[number - 1]
    pooled = _pool_all(training, settings.pooling)
    (found,) = _solve(head, settings, pooled, training.targets, [strength], seed)
    loss, _ = _score(found, head.objective, pooled, training.targets)
    row = Epoch.without_validation(number, loss, time.perf_counter() - begin)
    return Trained(_place(found, head), [row], 0, _remark([] if found.solved else [strength]))


def _solve(
    head: LinearHead,
    settings: LinearSettings,
    features: np.ndarray,
    targets: np.ndarray,
    strengths: Sequence[float],
    seed: int,
) -> Iterator[Solution]:
    """Yield what a head's objective has solved, for each strength."""
    objective, kind = head.objective, settings.kind
    if isinstance(objective, Regression):
        return solve_regression(kind, features, targets, strengths)
    assert isinstance(objective, Classification | MultiLabel)
    balance = objective.weights(settings.class_weights, targets)
    if isinstance(objective, MultiLabel):
        return solve_labels(kind, features, targets, strengths, seed, balance)
    classes = objective.classes
    return solve_linear(kind, features, targets, strengths, classes, seed, balance=balance)


def _remark(unsolved: Sequence[float]) -> str:
    strengths = ", ".join(f"{strength:g}" for strength in unsolved)
    return f"the solver did not converge at C = {strengths}" if unsolved else ""


def _place(found: Solution, head: LinearHead) -> LinearHead:
    """Give a head its weights."""
    with torch.no_grad():
        head.output.weight.copy_(torch.from_numpy(found.matrix))
        head.output.bias.copy_(torch.from_numpy(found.offset))
    return head.eval()


def _pool_all(examples: Examples, pooling: MomentPooling) -> np.ndarray:
    everyone = range(len(examples))
    groups = [everyone[begin : begin + _TOGETHER] for begin in everyone[::_TOGETHER]]
    return torch.cat([pool(p.inputs[0], pooling).cpu() for p in examples.parts(groups)]).numpy()


def _score(
    found: Solution, objective: Objective, features: np.ndarray, targets: np.ndarray
) -> Validated:
    """Return loss and score of a linear classifier."""
    matrix, offset = found.matrix.astype(np.float32), found.offset.astype(np.float32)
    outputs = torch.from_numpy(features @ matrix.T + offset)
    return objective.validate(objective.predictions(outputs), targets)
