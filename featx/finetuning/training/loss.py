"""The loss of a batch as autograd takes it, whatever is learned."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, autograd

from classifiers.objectives import BatchLoss, Criterion


def mean_loss(criterion: Criterion | BatchLoss) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what takes outputs and targets of a batch and returns its loss, with gradients.

    Args:
        criterion: an objective's: a sum over utterances, of which the mean is taken, or a loss
            that takes the batch together.
    """
    if isinstance(criterion, BatchLoss):
        measure = criterion.measure

        def together(outputs: Tensor, targets: Tensor) -> Tensor:
            loss: Tensor = _Together.apply(outputs, targets, measure)
            return loss

        return together

    def mean(outputs: Tensor, targets: Tensor) -> Tensor:
        return criterion(outputs, targets) / len(outputs)

    return mean


class _Together(autograd.Function):
    """A loss whose slope is known in closed form."""

    @staticmethod
    def forward(ctx: Any, outputs: Tensor, targets: Tensor, measure: Any) -> Tensor:
        loss, slope = measure(outputs, targets)
        ctx.save_for_backward(slope)
        value: Tensor = loss.to(outputs)
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None, None
