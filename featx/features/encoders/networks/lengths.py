"""Where the frames of utterances are in a batch, and which are real."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

# In half precision a GPU's products are fastest on multiples of so many frames. On a processor
# oneDNN generates code for each shape that is new to it: lengths in steps recur.
STEP = 8


class Place(NamedTuple):
    """Where an utterance's frames are in (rows, frames of a row, dim)."""

    row: int
    frames: slice


def padded(frames: Sequence[int]) -> list[Place]:
    """Return the places of utterances that have a row each, padded to the longest."""
    return [Place(row, slice(count)) for row, count in enumerate(frames)]


def arrange(frames: Sequence[int], apart: bool) -> list[Place]:
    """Return the places of utterances, one after another in a single row if they are apart."""
    if not apart:
        return padded(frames)
    places, end = [], 0
    for count in frames:
        places.append(Place(0, slice(end, end + count)))
        end += count
    return places


class Lengths:
    """The frames of each utterance in a batch.

    What works frame by frame sees no lengths. What looks along time asks here: attention for
    `places` or `mask`, convolutions for `places` or `clear`.

    Args:
        frames: how many frames each utterance has, at least 1.
        device: where the batch is.
        apart: whether utterances lie one after another in a single row, without padding, and
            what looks along time takes one at a time, as suits a processor's caches. Otherwise
            each has a row, padded to the longest, and all are taken at once, as suits a GPU.
        step: rows are padded to a multiple of so many frames, unless utterances are apart.

    Attributes:
        apart: whether utterances lie one after another and are taken one at a time.
        places: where each utterance's frames are.
        longest: how many frames the longest utterance has, with its padding.
        mask: (utterances, 1, 1, longest), True where a frame is real; None where all are.
    """

    def __init__(
        self, frames: Sequence[int], device: torch.device, apart: bool, step: int = 1
    ) -> None:
        self.apart = apart
        self.places = arrange(frames, apart)
        self.longest = max(frames) if apart else round_up(max(frames), step)
        self.mask: Tensor | None = None
        if not apart and min(frames) < self.longest:
            ends = torch.tensor(frames).to(device, non_blocking=True)[:, None, None, None]
            self.mask = torch.arange(self.longest, device=device) < ends

    def clear(self, hidden: Tensor) -> Tensor:
        """Set what is after the end of each utterance, in (rows, frames, dim), to zero."""
        if self.mask is None:
            return hidden
        return hidden.masked_fill(~self.mask[:, 0, 0, :, None], 0)


def padding_step(dtype: torch.dtype) -> int:
    """Return the number of frames to a multiple of which lengths are padded in a precision."""
    return 1 if dtype is torch.float32 else STEP


def round_up(count: int, step: int) -> int:
    """Return the least multiple of `step` that is not below `count`."""
    return count + -count % step
