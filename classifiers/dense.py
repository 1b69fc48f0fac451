"""The dense head of Pepino et al. 2021, which may also pool the deviation over frames."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from classifiers.batch import Part
from classifiers.choices import DensePooling, Weighting
from classifiers.dropout import at, dropout
from classifiers.head import Head
from classifiers.layer_average import LayerAverage
from classifiers.objectives import Objective
from classifiers.pooling import FrameAttention, pool_mean, pool_moments, pool_weighted_moments
from classifiers.settings import Dropout, FrameSettings
from classifiers.shape import InputShape, part_size


class DenseSettings(FrameSettings):
    """What a dense head is made of.

    Attributes:
        kind: "dense".
        width: units of each layer.
        depth: number of layers before the pooling.
        dropout: probability, on the input of each layer.
        weighting: how the layers are weighed.
        pooling: what is taken over the frames of an utterance; the mean alone in the paper.
            "attentive" takes mean and deviation with weights that it learns for each frame.
        skip: whether the output also sees the pooled input of the dense layers, as a linear
            classifier would; not so in the paper.
    """

    kind: Literal["dense"]
    width: PositiveInt
    depth: PositiveInt
    dropout: Dropout
    weighting: Weighting
    pooling: DensePooling = "mean"
    skip: bool = False


class DenseHead(Head):
    """Layer average, dense layers frame by frame, pooling over time, linear output.

    Args:
        settings: the size of the head.
        shape: the shape of the features.
        objective: what its outputs mean.
    """

    def __init__(self, settings: DenseSettings, shape: InputShape, objective: Objective) -> None:
        super().__init__()
        self.objective = objective
        self.part_size = part_size(shape)
        self.dropout = settings.dropout
        self.layer_averages = nn.ModuleList([LayerAverage(shape.layers, settings.weighting)])
        widths = [shape.dim] + [settings.width] * settings.depth
        self.dense = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.pooling = settings.pooling
        if self.pooling == "attentive":
            self.attention = FrameAttention(settings.width)
        self.skip = settings.skip
        pools = 1 if self.pooling == "mean" else 2
        pooled = settings.width + shape.dim if self.skip else settings.width
        self.output = nn.Linear(pools * pooled, objective.outputs)

    def forward(self, part: Part) -> Tensor:
        """Return outputs, (utterances, outputs)."""
        drops = [at(layer, self.dropout, part.noise) for layer in range(len(self.dense))]
        averaged = self.layer_averages[0](part.inputs[0], drops[0])
        frames = self.dense[0](averaged).relu()
        for layer, drop in zip(self.dense[1:], drops[1:], strict=True):
            frames = layer(dropout(frames, drop)).relu()
        pool = self._pool(frames, part.inputs[0].lengths)
        pooled = torch.cat([pool(frames), pool(averaged)], 1) if self.skip else pool(frames)
        outputs: Tensor = self.output(pooled)
        return outputs

    def _pool(self, frames: Tensor, lengths: Tensor) -> Callable[[Tensor], Tensor]:
        """Return what pools the frames of these utterances, or other features of them."""
        if self.pooling == "attentive":
            return partial(pool_weighted_moments, shares=self.attention(frames, lengths))
        pool = pool_mean if self.pooling == "mean" else pool_moments
        return partial(pool, lengths=lengths)
