"""Cross-entropy and focal loss, against classes, distributions of classes, or several labels."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

_LEAST = 1e-12  # of a probability


def class_losses(
    logits: Tensor, shares: Tensor, weights: Tensor | None, smoothing: float, gamma: float
) -> Tensor:
    """Return the loss of each utterance that is of a class, or of several in part.

    It is the cross-entropy, the sum over classes of weight times share times -log p, with each
    term times (1 - p) ** gamma (Lin et al. 2017, "Focal Loss for Dense Object Detection",
    section 3, where an utterance is of a single class).

    Args:
        logits: (utterances, classes).
        shares: (utterances, classes), how much of an utterance is of each class; adds up to 1.
        weights: (classes,) how much each class counts; None for all the same.
        smoothing: the part of each utterance that is spread over all classes.
        gamma: how much less an utterance counts the surer the head is of it; 0 for cross-entropy.

    Returns:
        (utterances,).
    """
    logs = logits.log_softmax(1)
    if gamma:
        logs = logs * _doubt(logs) ** gamma
    weighted = shares if weights is None else shares * weights
    losses = -(weighted * logs).sum(1)
    if smoothing:
        spread = -(logs if weights is None else logs * weights).sum(1)
        losses = (1 - smoothing) * losses + smoothing / logits.shape[1] * spread
    return losses


def label_losses(
    logits: Tensor, labels: Tensor, weights: Tensor | None, smoothing: float, gamma: float
) -> Tensor:
    """Return the loss of each utterance, which any of several labels may fit.

    It is that of `class_losses` for each label, which fits or doesn't, averaged over labels.

    Args:
        logits: (utterances, labels).
        labels: (utterances, labels), 1 where a label fits and 0 where not.
        weights: (2, labels) how much an utterance counts that a label doesn't fit, and that it
            fits; None for all the same.
        smoothing: as for `class_losses`, of two classes.
        gamma: likewise.

    Returns:
        (utterances,).
    """
    logs = torch.stack([logsigmoid(-logits), logsigmoid(logits)])
    if gamma:
        logs = logs * _doubt(logs) ** gamma
    shares = (1 - smoothing) * torch.stack([1 - labels, labels]) + smoothing / 2
    if weights is not None:
        shares = shares * weights[:, None]
    return -(shares * logs).sum(0).mean(1)


def _doubt(logs: Tensor) -> Tensor:
    """Return 1 - p of log p, above 0 so that its powers have slopes."""
    return (-logs.expm1()).clamp_min(_LEAST)
