"""From frames to utterances, and from one frame step to another."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

LEAST_VARIANCE = 1e-6


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
    belongs = _belonging(frames, lengths)
    return (belongs / belongs.sum(1, keepdim=True)) @ frames  # faster than segment_reduce


def pool_moments(frames: Tensor, lengths: Tensor) -> Tensor:
    """Take the mean and then the deviation of each feature over an utterance's frames.

    Arguments and errors are those of `pool_mean`.

    Returns:
        (utterances, 2 · dim), the deviations population ones.
    """
    pooled: Tensor = _Moments.apply(frames, lengths)
    return pooled


class _Moments(torch.autograd.Function):
    """Mean and deviation, with slopes written out: torch's own take five times as long."""

    @staticmethod
    def forward(ctx: Any, frames: Tensor, lengths: Tensor) -> Tensor:
        belongs = _belonging(frames, lengths)
        counts = belongs.sum(1, keepdim=True)
        mean = belongs @ frames / counts
        variance = (belongs @ (frames * frames) / counts - mean * mean).clamp_min(0)
        # a feature that never varies has a deviation of nearly 0, not a root without a slope
        deviation = (variance + LEAST_VARIANCE).sqrt()
        ctx.save_for_backward(frames, lengths, counts, mean, deviation)
        return torch.cat([mean, deviation], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, None]:
        frames, lengths, counts, mean, deviation = ctx.saved_tensors
        of_mean, of_deviation = (slopes / counts).chunk(2, 1)
        factors = of_deviation / deviation  # of each frame less the mean
        rests, found = of_mean - factors * mean, torch.empty_like(frames)
        for rest, factor, given, slope in zip(
            rests,
            factors,
            frames.split(lengths.tolist()),
            found.split(lengths.tolist()),
            strict=True,
        ):
            torch.addcmul(rest, given, factor, out=slope)
        return found, None


class FrameAttention(nn.Module):
    """How much each frame of an utterance counts.

    The scores are v · tanh(W h + b) of a frame h, and a softmax over the utterance makes them
    weights (Okabe, Koshinaka and Shinoda 2018, "Attentive Statistics Pooling for Deep Speaker
    Embedding", eq. 1 and 2; their constant k changes no weight).

    Args:
        dim: how many features a frame has.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.hidden, self.score = nn.Linear(dim, dim), nn.Linear(dim, 1, bias=False)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Return the weights, (utterances, frames); arguments and errors as of `pool_mean`."""
        scores = self.score(self.hidden(frames).tanh())[:, 0]
        absent = _belonging(frames, lengths) == 0
        shares: Tensor = scores.expand_as(absent).masked_fill(absent, -torch.inf).softmax(1)
        return shares


def pool_weighted_moments(frames: Tensor, shares: Tensor) -> Tensor:
    """Take the weighted mean and deviation of each feature, attentive statistics (eq. 5 and 6).

    Args:
        frames: (frames, dim), the utterances' frames one after another.
        shares: (utterances, frames), each row adding up to one.

    Returns:
        (utterances, 2 · dim).
    """
    mean = shares @ frames
    variance = (shares @ (frames * frames) - mean * mean).clamp_min(0)
    return torch.cat([mean, (variance + LEAST_VARIANCE).sqrt()], 1)


def pool_sum(frames: Tensor, lengths: Tensor) -> Tensor:
    """Add up the frames of each utterance; arguments, result and errors as of `pool_mean`."""
    return _belonging(frames, lengths) @ frames


def pool_max(frames: Tensor, lengths: Tensor) -> Tensor:
    """Take each feature's highest frame; arguments, result and errors as of `pool_mean`."""
    _check_lengths(frames, lengths)
    return torch.stack([part.amax(0) for part in frames.split(lengths.tolist())])


POOLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mean": pool_mean,
    "sum": pool_sum,
    "max": pool_max,
}


def align(
    frames: list[Tensor], lengths: list[Tensor], steps: list[float]
) -> tuple[list[Tensor], Tensor]:
    """Bring the frames of several stores to one frame step, the longest.

    Frame i of a store begins i steps into its utterance. Those that begin within one step of the
    slowest store are averaged; a store with one frame an utterance (step 0) repeats it. What one
    store has beyond another's end is left out.

    Args:
        frames: each store's frames, (frames, dim), the utterances one after another.
        lengths: for each store, how many frames its utterances have, (utterances,).
        steps: each store's frame step in seconds; 0 for one frame an utterance.

    Returns:
        For each store (frames, dim), now equally long, and (utterances,) frames.
    """
    slowest = max(steps)
    counts = [_counts(length, step, slowest) for length, step in zip(lengths, steps, strict=True)]
    framed = [torch.tensor([len(c) for c in each]) for each in counts if each is not None]
    shortest = torch.stack(framed).amin(0) if framed else torch.ones_like(lengths[0])
    aligned = []
    for values, each in zip(frames, counts, strict=True):
        if each is None:
            aligned.append(values.repeat_interleave(shortest.to(values.device), 0))
            continue
        whole = torch.segment_reduce(values, "mean", lengths=torch.cat(each).to(values.device))
        parts = whole.split([len(c) for c in each])
        aligned.append(torch.cat([p[:n] for p, n in zip(parts, shortest.tolist(), strict=True)]))
    return aligned, shortest


def _counts(lengths: Tensor, step: float, slowest: float) -> list[Tensor] | None:
    """Return for each utterance how many frames fall in each of the slowest store's steps."""
    if not step:
        return None
    longest = torch.arange(int(lengths.max()))
    owners = (longest * (step / slowest) + 1e-6).long()  # 1e-6: 2 × 0.01 is not below 0.02
    return [owners[:length].bincount() for length in lengths.tolist()]


def _belonging(frames: Tensor, lengths: Tensor) -> Tensor:
    """Return (utterances, frames), 1 where a frame is the utterance's and 0 elsewhere."""
    _check_lengths(frames, lengths)
    lengths = lengths.to(frames.device)
    utterances = torch.arange(len(lengths), device=frames.device)
    belongs = utterances[:, None] == utterances.repeat_interleave(lengths)
    return belongs.to(frames.dtype)


def _check_lengths(frames: Tensor, lengths: Tensor) -> None:
    if (lengths < 1).any():
        raise ValueError("an utterance has no frames")
    if int(lengths.sum()) != len(frames):
        raise ValueError(f"lengths add up to {int(lengths.sum())}, there are {len(frames)} frames")
