"""How much each layer and each frame of an utterance adds to what a head gives.

A class's logit is taken less the mean of all classes' logits: what is added to all of them alike
changes no probability. Where several labels may fit, the logit of each is its own affair, and is
taken as it is; so is a number.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from classifiers.batch import Input, Part
from classifiers.dropout import KEEP, Drop
from classifiers.head import Head
from classifiers.layer_average import averages_of
from classifiers.linear import LinearHead
from classifiers.objectives import Classification

STEPS = 50  # points of the integral, as in Captum; an utterance takes milliseconds at each


@dataclass(frozen=True)
class Contributions:
    """What makes up the logit of a class or label, or a number that is predicted.

    Attributes:
        values: for each store, what each layer and frame adds, (layers, frames) float64.
        baseline: the logit of the average utterance.
        logit: the logit of the utterance.
    """

    values: Sequence[np.ndarray]
    baseline: float
    logit: float


def find_contributions(head: Head, part: Part, label: int) -> Contributions:
    """Divide the difference of an utterance's logit from the average utterance's.

    Args:
        head: a trained head, in evaluation mode, on a processor.
        part: a single utterance, whose features are standardised.
        label: the index of the class, label or number.
    """
    if isinstance(head, LinearHead):
        return _of_linear(head, part.inputs[0], label)
    return _of_averages(head, part, label)


def _of_linear(head: LinearHead, given: Input, label: int) -> Contributions:
    """Divide the logit of a linear head, which is exact.

    The average utterance has the mean 0 and the deviation 1 in every feature, as all frames of
    training together have. A mean is a sum over frames. A deviation s of T frames x with the mean m
    is the sum of (x - m)² / (T s), so each frame gets that much of it, less its share 1 / T of the
    average utterance's.
    """
    layers, frames, dim = given.features[0].shape
    weights, biases = (values.double() for values in (head.output.weight, head.output.bias))
    row = _apart(weights, label, head).reshape(-1, layers, dim)
    bias = float(_apart(biases, label, head))
    found = []
    for layer, values in enumerate(_standardised(given)):
        added = values @ row[0, layer]
        if len(row) > 1:
            apart = values - values.mean(0)
            deviation = values.std(0, correction=0)
            spread = torch.where(deviation > 0, apart.square() / deviation, 0.0)
            added = added + (spread - 1) @ row[1, layer]
        found.append(added / frames)
    divided = torch.stack(found).numpy()
    baseline = bias + float(row[1:].sum())
    return Contributions([divided], baseline, baseline + float(divided.sum()))


def _of_averages(head: Head, part: Part, label: int) -> Contributions:
    """Divide the logit of a head that averages layers, by integrated gradients.

    Between features of 0, the average frame at all times, and the utterance's, gradients are
    averaged along a straight line; each feature adds its value times that average (Sundararajan,
    Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1). The average over layers
    is linear, so the gradient is needed at the averaged frames alone: of these, a layer has added
    its weight times its values. The sum differs from the logits' difference by the error of the
    integral, a Gauss-Legendre quadrature.
    """
    averages = [average.weights.double() for average in averages_of(head)]
    frames = [
        torch.stack([w * x for w, x in zip(weights, _standardised(given), strict=True)]).sum(0)
        for weights, given in zip(averages, part.inputs, strict=True)
    ]
    after = _after_averages(head)
    points, shares = np.polynomial.legendre.leggauss(STEPS)  # on -1 to 1
    slopes = [torch.zeros_like(values) for values in frames]
    for point, share in zip((points + 1) / 2, shares / 2, strict=True):
        inputs = [(point * values).requires_grad_() for values in frames]
        found = torch.autograd.grad(_logit(after, part, inputs, label), inputs)
        for slope, own in zip(slopes, found, strict=True):
            slope.add_(own, alpha=float(share))
    values = []
    for weights, given, slope in zip(averages, part.inputs, slopes, strict=True):
        each = zip(weights, _standardised(given), strict=True)
        values.append(torch.stack([w * (x * slope).sum(1) for w, x in each]).numpy())
    start = [torch.zeros_like(own) for own in frames]
    with torch.inference_mode():
        ends = [float(_logit(after, part, own, label)) for own in (start, frames)]
    return Contributions(values, *ends)


def find_logits(head: Head, part: Part) -> Tensor:
    """Return the logits of a single utterance, (classes,) float32."""
    with torch.inference_mode():
        logits: Tensor = head(part)[0]
    return logits


def _standardised(given: Input) -> Iterator[Tensor]:
    """Yield the frames of a layer after another, (frames, dim) float64."""
    assert given.mean is not None
    assert given.deviation is not None
    for values, mean, deviation in zip(
        given.features[0], given.mean[0], given.deviation[0], strict=True
    ):
        yield (values.double() - mean) / deviation


class _Averaged(nn.Module):
    """Stands where a layer average was, and gives frames that are averaged already."""

    def forward(self, given: Input, drop: Drop = KEEP) -> Tensor:
        """Return (frames, dim)."""
        return given.features[0][0]


def _after_averages(head: Head) -> Head:
    """Return what a head does after averaging layers, in float64."""
    after = copy.deepcopy(head).double()
    after.layer_averages = nn.ModuleList(_Averaged() for _ in head.layer_averages)
    return after


def _logit(after: Head, part: Part, frames: Sequence[Tensor], label: int) -> Tensor:
    logits: Tensor = after(replace(part, inputs=[Input([values[None]]) for values in frames]))[0]
    return _apart(logits, label, after)


def _apart(values: Tensor, label: int, head: Head) -> Tensor:
    """Return a class's values of (classes, ...) less the mean of all; a label's or number's own."""
    of_classes = isinstance(head.objective, Classification)
    return values[label] - values.mean(0) if of_classes else values[label]
