"""How many frames of a padded batch are real."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Lengths:
    """The real frames of each utterance in a batch that is padded to its longest.

    What works frame by frame never sees padding. What looks along time asks here: attention
    for `mask`, convolutions for `clear`.

    Args:
        frames: of each utterance, at least 1.
        device: where the batch is.
        multiple: attention's keys are padded to a multiple of this.

    Attributes:
        longest: frames of the batch.
        keys: the same, padded further for attention.
        mask: (utterances, 1, 1, keys), True where a frame is real; None where all are.
    """

    def __init__(self, frames: Sequence[int], device: torch.device, multiple: int = 1) -> None:
        self.longest = max(frames)
        self.keys = self.longest + -self.longest % multiple
        self.mask: Tensor | None = None
        if min(frames) < self.keys:
            ends = torch.tensor(frames).to(device, non_blocking=True)[:, None, None, None]
            self.mask = torch.arange(self.keys, device=device) < ends

    def clear(self, hidden: Tensor) -> Tensor:
        """Set what is after the end of each utterance, in (utterances, longest, dim), to zero."""
        if self.mask is None:
            return hidden
        return hidden.masked_fill(~self.mask[:, 0, 0, : self.longest, None], 0)
