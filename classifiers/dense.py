"""The dense head of Pepino et al. 2021."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn

from classifiers.batch import Batch
from classifiers.layer_average import LayerAverage
from classifiers.pooling import pool_mean
from classifiers.statistics import Statistics


class DenseSettings(BaseModel):
    """What a dense head is made of.

    Attributes:
        kind: "dense".
        width: units of each layer.
        depth: number of layers before the pooling.
        dropout: probability, on the input of each layer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["dense"]
    width: PositiveInt
    depth: PositiveInt
    dropout: Annotated[float, Field(ge=0, lt=1)]


class DenseHead(nn.Module):
    """Layer average, dense layers frame by frame, mean over time, linear output.

    Args:
        settings: its size.
        layers: of the features.
        dim: of the features.
        classes: of the labels.
        statistics: to standardise features by; None to leave them as they are.
    """

    def __init__(
        self,
        settings: DenseSettings,
        layers: int,
        dim: int,
        classes: int,
        statistics: Statistics | None = None,
    ) -> None:
        super().__init__()
        self.layer_average = LayerAverage(layers, dim, statistics)
        widths = [dim, *[settings.width] * settings.depth]
        self.dense = nn.Sequential(
            *(
                nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(before, after), nn.ReLU())
                for before, after in pairwise(widths)
            )
        )
        self.output = nn.Linear(settings.width, classes)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits, (utterances, classes)."""
        frames = self.dense(self.layer_average(batch.features))
        logits: Tensor = self.output(pool_mean(frames, batch.lengths))
        return logits
