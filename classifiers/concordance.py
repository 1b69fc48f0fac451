"""Lin's concordance correlation coefficient (CCC), and its slope in closed form."""

import torch
from torch import Tensor


def concordance(predictions: Tensor, targets: Tensor) -> Tensor:
    """Return how far predictions agree with targets, from -1 to 1, of each column.

    It is 2 s_xy / (s_x² + s_y² + (x̄ - ȳ)²) with moments that divide by the number of rows (Lin
    1989, "A Concordance Correlation Coefficient to Evaluate Reproducibility"); 0 where nothing
    varies and all is right.

    Args:
        predictions: (rows, columns).
        targets: (rows, columns).

    Returns:
        (columns,) float64.
    """
    _, _, covariance, error = _moments(predictions, targets)
    return _divided(2 * covariance, 2 * covariance + error)


def concordance_slope(predictions: Tensor, targets: Tensor) -> Tensor:
    """Return the derivative of the concordance of each column by its predictions.

    With S the covariance and M the mean squared error, the concordance is 2 S / (2 S + M), as
    s_x² + s_y² + (x̄ - ȳ)² = M + 2 S.

    Args:
        predictions: (rows, columns).
        targets: (rows, columns).

    Returns:
        (rows, columns) float64.
    """
    misses, deviations, covariance, error = _moments(predictions, targets)
    whole = 2 * covariance + error
    turned = error * deviations - 2 * covariance * misses
    return _divided(2 * turned, len(targets) * whole * whole)


def _moments(predictions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return misses, deviations of targets, covariances and mean squared errors of columns."""
    origin = targets[:1].double()  # where nothing varies, all is 0 to the last bit
    predictions, targets = predictions.double() - origin, targets.double() - origin
    misses, deviations = predictions - targets, targets - targets.mean(0)
    covariance = (deviations * (predictions - predictions.mean(0))).mean(0)
    return misses, deviations, covariance, (misses * misses).mean(0)


def _divided(above: Tensor, below: Tensor) -> Tensor:
    """Return a ratio, 0 where nothing is below."""
    return torch.where(below > 0, above / torch.where(below > 0, below, 1.0), 0.0)
