"""The usual baseline: a linear classifier on pooled features."""

import copy
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from classifiers.batch import Examples, Input, Part
from classifiers.choices import MomentPooling
from classifiers.head import Head
from classifiers.history import Epoch, Stopped, Trained, cross_entropy_and_uar
from classifiers.settings import Settings
from classifiers.shape import InputShape

Strength = Annotated[float, Field(ge=1e-12, le=1e12)]
_TOGETHER = 8  # utterances that are pooled at once


class LinearSettings(Settings):
    """What a linear classifier is made of.

    Attributes:
        kind: "linear" for multinomial logistic regression, "svm" for a linear support vector
            machine, each class against the others.
        pooling: what is taken over the frames of an utterance, of every layer and feature.
        strengths: values of C to try, the inverse of regularisation; the value with the highest
            UAR on validation data is taken, the first of equal ones.
        refit: whether the classifier is then fitted once more, with that strength, on training
            and validation utterances together.
    """

    average_frames: ClassVar[int] = 1  # the moments are those of all frames

    kind: Literal["linear", "svm"]
    pooling: MomentPooling
    strengths: Annotated[tuple[Strength, ...], Field(min_length=1)]
    refit: bool = False


class LinearHead(Head):
    """Pooled frames of all layers side by side, and a linear output.

    Args:
        settings: how frames are pooled.
        shape: the shape of the features.
        classes: how many classes there are.
    """

    part_size = 8  # utterances computed together

    def __init__(self, settings: LinearSettings, shape: InputShape, classes: int) -> None:
        super().__init__()
        self.pooling = settings.pooling
        pools = len(self.pooling.split("+"))
        self.layer_averages = nn.ModuleList()  # it has none: every layer has its own weights
        self.output = nn.Linear(shape.layers * shape.dim * pools, classes)

    def forward(self, part: Part) -> Tensor:
        """Return logits, or margins of a support vector machine, (utterances, classes)."""
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
    stop: Event,
) -> Trained:
    """Fit a linear classifier for each strength and keep the best on validation data.

    Args:
        head: the head that takes the weights.
        settings: which classifier, and the strengths to try.
        training: what it learns from.
        validation: what chooses the strength.
        seed: the seed of the support vector machine's order; logistic regression draws nothing.
        stop: when set, training ends at the next strength.

    Returns:
        The head, a history with an entry for each strength, and the head that was fitted again.

    Raises:
        Stopped: when asked to.
    """
    pooled = _pool_all(training, settings.pooling)
    checked = _pool_all(validation, settings.pooling)
    fitted = _fit(settings, pooled, training.labels, head.output.out_features, seed)
    history: list[Epoch] = []
    weights: list[_Weights] = []
    unsolved = []
    for number, strength in enumerate(settings.strengths, 1):
        if stop.is_set():
            raise Stopped
        begin = time.perf_counter()
        found, solved = next(fitted)
        if not solved:
            unsolved.append(strength)
        weights.append(found)
        train_loss, _ = _score(weights[-1], pooled, training.labels)
        loss, recall = _score(weights[-1], checked, validation.labels)
        history.append(Epoch(number, train_loss, loss, recall, time.perf_counter() - begin))
    best = max(range(len(history)), key=lambda index: history[index].validation_uar)
    _place(weights[best], head)
    refitted = None
    if settings.refit:
        if stop.is_set():
            raise Stopped
        strength = settings.strengths[best]
        chosen = settings.model_copy(update={"strengths": (strength,)})
        everything = np.concatenate([pooled, checked])
        labels = np.concatenate([training.labels, validation.labels])
        ((found, solved),) = _fit(chosen, everything, labels, head.output.out_features, seed)
        refitted = _place(found, copy.deepcopy(head))
        if not solved and strength not in unsolved:
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
    alone = settings.model_copy(update={"strengths": (strength,)})
    pooled = _pool_all(training, settings.pooling)
    ((found, solved),) = _fit(alone, pooled, training.labels, head.output.out_features, seed)
    loss, _ = _score(found, pooled, training.labels)
    row = Epoch.without_validation(number, loss, time.perf_counter() - begin)
    return Trained(_place(found, head), [row], 0, _remark([] if solved else [strength]))


def _remark(unsolved: Sequence[float]) -> str:
    strengths = ", ".join(f"{strength:g}" for strength in unsolved)
    return f"the classifier did not converge at C = {strengths}" if unsolved else ""


def _fit(
    settings: LinearSettings, pooled: np.ndarray, labels: np.ndarray, classes: int, seed: int
) -> Iterator[tuple["_Weights", bool]]:
    """Yield a classifier of pooled features for each strength, and whether it is solved."""
    centre, spread = pooled.mean(0), pooled.std(0)
    spread[spread == 0] = 1
    scaled = ((pooled - centre) / spread).astype(np.float64)
    present = np.unique(labels)
    for rows, offsets, solved in _solve(settings, scaled, labels, seed):
        if len(present) == 2:
            rows = np.concatenate([-rows, rows]) / 2
            offsets = np.concatenate([-offsets, offsets]) / 2
        matrix = np.zeros((classes, len(centre)))
        offset = np.full(classes, np.finfo(np.float32).min / 2)  # of a class that training lacks
        matrix[present] = rows / spread
        offset[present] = offsets - matrix[present] @ centre
        yield _Weights(matrix.astype(np.float32), offset.astype(np.float32)), solved


def _place(weights: "_Weights", head: LinearHead) -> LinearHead:
    """Give a head its weights."""
    with torch.no_grad():
        head.output.weight.copy_(torch.from_numpy(weights.matrix))
        head.output.bias.copy_(torch.from_numpy(weights.offset))
    return head.eval()


def _solve(
    settings: LinearSettings, scaled: np.ndarray, labels: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Yield rows and offsets of scaled features for each strength, and whether they are solved.

    There is a row for each class in training or, of two, for the second alone.
    """
    if settings.kind == "linear":
        from classifiers.logistic import fit_logistic  # scipy, which prediction does not need

        return fit_logistic(scaled, labels, settings.strengths)
    if scaled.shape[1] > len(scaled):
        from classifiers.machine import fit_machines

        return fit_machines(scaled, labels, settings.strengths)
    return _fit_liblinear(scaled, labels, settings.strengths, seed)


def _fit_liblinear(
    scaled: np.ndarray, labels: np.ndarray, strengths: Sequence[float], seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    # here, as it takes a second that few features alone need
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    model = LinearSVC(class_weight="balanced", max_iter=10_000, random_state=seed)
    for strength in strengths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a remark says it
            model.set_params(C=strength).fit(scaled, labels)
        yield model.coef_, model.intercept_, bool(np.max(model.n_iter_) < model.max_iter)


def _pool_all(examples: Examples, pooling: MomentPooling) -> np.ndarray:
    everyone = range(len(examples))
    groups = [everyone[begin : begin + _TOGETHER] for begin in everyone[::_TOGETHER]]
    return torch.cat([pool(p.inputs[0], pooling).cpu() for p in examples.parts(groups)]).numpy()


@dataclass(frozen=True)
class _Weights:
    """A linear classifier of features as they are pooled.

    Attributes:
        matrix: (classes, features) float32.
        offset: (classes,) float32.
    """

    matrix: np.ndarray
    offset: np.ndarray


def _score(weights: _Weights, features: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return cross-entropy and UAR of a linear classifier."""
    probabilities = torch.from_numpy(features @ weights.matrix.T + weights.offset).softmax(1)
    return cross_entropy_and_uar(probabilities, labels)
