"""A trained head whose logits are divided by temperatures."""

from collections.abc import Sequence

import torch
from torch import Tensor

from classifiers.head import Head


class CooledHead(Head):
    """A head, and what its logits are divided by before they become probabilities.

    Probabilities would not do: where a label's is 1 in float32, its logit is lost.

    Args:
        head: the head.
        temperatures: one for all its outputs, or one for each.
    """

    def __init__(self, head: Head, temperatures: Sequence[float]) -> None:
        super().__init__()
        self.head, self.temperatures = head, torch.tensor(temperatures)
        self.objective, self.part_size = head.objective, head.part_size

    def forward(self, part: object) -> Tensor:
        """Return the divided logits of a part of a batch, (utterances, outputs)."""
        logits: Tensor = self.head(part)
        return logits / self.temperatures.to(logits)
