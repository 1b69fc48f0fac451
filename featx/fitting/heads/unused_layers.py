"""Trained heads without the layers that they do not use, so that no encoder computes them."""

import copy
from dataclasses import replace

import torch
from torch import nn

from classifiers.layer_average import LayerAverage, averages_of
from classifiers.statistics import Statistics
from featx.fitting.heads.model import FittedHead, FittedHeads


def without_unused_layers(heads: FittedHeads) -> FittedHeads:
    """Return heads that take no layer above the highest which a head weighs above zero.

    What they predict stays the same. Heads that average no layers give each of them weights of
    its own: they stay as they are.

    Args:
        heads: those of a run.
    """
    averages = [averages_of(member.head) for member in (*heads.members, *heads.cross_validated)]
    used = [max(map(_used, own)) for own in zip(*averages, strict=True)]
    if not used or used == [len(wanted.layers) for wanted in heads.inputs]:
        return heads
    inputs = tuple(
        wanted.model_copy(update={"layers": wanted.layers[:count]})
        for wanted, count in zip(heads.inputs, used, strict=True)
    )
    groups = (heads.members, heads.cross_validated)
    members, cross_validated = (tuple(_cut(member, used) for member in own) for own in groups)
    return replace(heads, inputs=inputs, members=members, cross_validated=cross_validated)


def _used(average: LayerAverage) -> int:
    """Return how many layers there are up to the highest with a weight."""
    return 1 + int(torch.nonzero(average.weights).max())


def _cut(member: FittedHead, used: list[int]) -> FittedHead:
    cut = replace(member, head=copy.deepcopy(member.head))
    for average, count in zip(averages_of(cut.head), used, strict=True):
        average.raw = nn.Parameter(average.raw[:count], requires_grad=False)
    statistics = tuple(
        own and Statistics(own.mean[:, :count], own.deviation[:, :count])
        for own, count in zip(member.statistics, used, strict=True)
    )
    return replace(cut, statistics=statistics)
