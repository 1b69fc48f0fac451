"""From frames to utterances."""

import torch
from torch import Tensor


def pool_mean(frames: Tensor, lengths: Tensor) -> Tensor:
    """Average the frames of each utterance.

    Args:
        frames: (frames, dim), the utterances' frames one after another.
        lengths: (utterances,) frames of each.

    Returns:
        (utterances, dim).

    Raises:
        ValueError: if an utterance has no frame, or the lengths do not add up.
    """
    if (lengths < 1).any():
        raise ValueError("an utterance has no frames")
    if int(lengths.sum()) != len(frames):
        raise ValueError(f"lengths add up to {int(lengths.sum())}, there are {len(frames)} frames")
    return torch.segment_reduce(frames, "mean", lengths=lengths)
