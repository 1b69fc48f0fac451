"""In which order utterances are trained on."""

import numpy as np
import torch

from classifiers.choices import Sampling
from classifiers.class_weights import ClassWeights


def check_balance(sampling: Sampling, weights: ClassWeights) -> None:
    """Raise a ValueError if classes are balanced twice."""
    if sampling == "balanced" and weights == "balanced":
        raise ValueError("sampling and class_weights both balance classes: choose either")


def draw_order(
    sampling: Sampling, classes: np.ndarray, count: int, generator: torch.Generator
) -> list[int]:
    """Return the utterances of an epoch in order.

    Args:
        sampling: "shuffled" for every utterance once, "balanced" for every class equally often:
            classes take turns, in another order in each round, and each gives its utterances in a
            random order, all of them before the first comes again.
        classes: (utterances,) the class of each; read for "balanced" alone.
        count: how many utterances there are, and how long an epoch is.
        generator: what draws.
    """
    if sampling == "shuffled":
        return torch.randperm(count, generator=generator).tolist()
    members = [torch.from_numpy(np.flatnonzero(classes == own)) for own in np.unique(classes)]
    rounds = -(-count // len(members))
    turns = [_repeat(own, rounds, generator) for own in members]
    order = [torch.randperm(len(members), generator=generator) for _ in range(rounds)]
    dealt = torch.stack(turns, 1).gather(1, torch.stack(order))
    return dealt.flatten()[:count].tolist()


def _repeat(members: torch.Tensor, times: int, generator: torch.Generator) -> torch.Tensor:
    """Return so many utterances of a class."""
    passes = -(-times // len(members))
    shuffled = [members[torch.randperm(len(members), generator=generator)] for _ in range(passes)]
    return torch.cat(shuffled)[:times]
