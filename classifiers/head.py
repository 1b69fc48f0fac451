"""What every head has."""

from torch import nn

from classifiers.objectives import Objective


class Head(nn.Module):
    """A network that takes a `Part` of a batch and returns (utterances, outputs).

    Attributes:
        part_size: how many utterances a core computes together; what suits its cache.
        layer_averages: the learned average over layers of each store; none if the head gives
            every layer weights of its own.
        output: the last layer.
        objective: what its outputs mean.
    """

    objective: Objective
    part_size: int
    layer_averages: nn.ModuleList
    output: nn.Linear
