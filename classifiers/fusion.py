"""The fusion head of Pepino et al. 2021: stores are joined after a dense layer each."""

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from classifiers.batch import Part
from classifiers.choices import Weighting
from classifiers.dropout import at, dropout
from classifiers.head import Head
from classifiers.layer_average import LayerAverage
from classifiers.objectives import Objective
from classifiers.pooling import align, pool_mean
from classifiers.settings import Dropout, FrameSettings
from classifiers.shape import InputShape, part_size


class FusionSettings(FrameSettings):
    """What a fusion head is made of.

    Attributes:
        kind: "fusion".
        width: units of each branch's dense layer and of the joint layer.
        dropout: probability, on the input of each layer.
        weighting: how the layers are weighed.
    """

    kind: Literal["fusion"]
    width: PositiveInt
    dropout: Dropout
    weighting: Weighting


class FusionHead(Head):
    """A layer average and a dense layer for each store, a joint dense layer, mean, linear output.

    Args:
        settings: the size of the head.
        shapes: the shape of each store's features.
        objective: what its outputs mean.
    """

    def __init__(
        self, settings: FusionSettings, shapes: Sequence[InputShape], objective: Objective
    ) -> None:
        super().__init__()
        self.objective = objective
        self.part_size = min(map(part_size, shapes))
        self.dropout = settings.dropout
        self.steps = [shape.step for shape in shapes]
        self.layer_averages = nn.ModuleList(
            LayerAverage(shape.layers, settings.weighting) for shape in shapes
        )
        self.branches = nn.ModuleList(nn.Linear(shape.dim, settings.width) for shape in shapes)
        self.joint = nn.Linear(settings.width * len(shapes), settings.width)
        self.output = nn.Linear(settings.width, objective.outputs)

    def forward(self, part: Part) -> Tensor:
        """Return outputs, (utterances, outputs)."""
        branches = zip(self.layer_averages, self.branches, part.inputs, strict=True)
        frames = [
            layer(average(given, at(place, self.dropout, part.noise))).relu()
            for place, (average, layer, given) in enumerate(branches)
        ]
        aligned, lengths = align(frames, [given.lengths for given in part.inputs], self.steps)
        drop = at(len(frames), self.dropout, part.noise)
        joined = dropout(torch.cat(aligned, 1), drop)
        outputs: Tensor = self.output(pool_mean(self.joint(joined).relu(), lengths))
        return outputs
