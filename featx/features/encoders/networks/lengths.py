"""How many frames of a padded batch are real."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Lengths:
    """The real frames of each utterance in a batch that is padded to its longest.

    What works frame by frame never sees padding. What looks along time asks here: attention
    for `frames` or `mask`, convolutions for `clear`.

    Args:
        frames: how many frames each utterance has, at least 1.
        device: where the batch is.
        apart: whether attention and the local encoder take an utterance at a time, without its
            padding, as suits a processor's caches, instead of all at once, as suits a GPU.
        step: the batch is padded to a multiple of so many frames.

    Attributes:
        frames: how many frames each utterance has.
        apart: whether attention and the local encoder take an utterance at a time.
        longest: how many frames the batch has, padding included.
        mask: (utterances, 1, 1, longest), True where a frame is real; None where all are.
    """

    def __init__(
        self, frames: Sequence[int], device: torch.device, apart: bool, step: int = 1
    ) -> None:
        self.frames, self.apart = tuple(frames), apart
        self.longest = round_up(max(frames), step)
        self.mask: Tensor | None = None
        if min(frames) < self.longest:
            ends = torch.tensor(frames).to(device, non_blocking=True)[:, None, None, None]
            self.mask = torch.arange(self.longest, device=device) < ends

    def clear(self, hidden: Tensor) -> Tensor:
        """Set what is after the end of each utterance, in (utterances, longest, dim), to zero."""
        if self.mask is None:
            return hidden
        return hidden.masked_fill(~self.mask[:, 0, 0, :, None], 0)


def round_up(count: int, step: int) -> int:
    """Return the least multiple of `step` that is not below `count`."""
    return count + -count % step
