"""What every head has."""

from torch import nn


class Head(nn.Module):
    """A network that takes a `Part` of a batch and returns logits, (utterances, classes).

    Attributes:
        part_size: how many utterances a core computes together; what suits its cache.
        layer_averages: the learned average over layers of each store; none if the head gives
            every layer weights of its own.
        output: the last layer, which has an output for each class.
    """

    part_size: int
    layer_averages: nn.ModuleList
    output: nn.Linear
