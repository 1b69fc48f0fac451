"""Heads on pooled frames: what sits on an encoder that is fine-tuned."""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor, nn

from classifiers.choices import FramePooling, PooledKind, Weighting
from classifiers.layer_average import LayerAverage
from classifiers.pooling import POOLINGS
from classifiers.settings import Dropout, Settings


class PooledSettings(Settings):
    """What turns an encoder's frames into classes or numbers.

    Attributes:
        kind: "linear" for a linear layer (Wang et al. 2021), "pooled" for dense, tanh, dropout
            and linear (as Gavali and Verma 2023).
        pooling: how the frames of an utterance become one vector: "mean", "sum" or "max".
        dropout: share of the dense layer's outputs that "pooled" drops.
        average: how the weights of a learned average of all layers are made, which then is what
            is pooled (Yang et al. 2021, SUPERB); without it, the last layer alone is.
    """

    kind: PooledKind
    pooling: FramePooling = "mean"
    dropout: Dropout = 0.1
    average: Weighting | None = None

    @property
    def is_plain(self) -> bool:
        """Whether transformers' own models for audio classification can be this one."""
        return self.kind == "linear" and self.pooling == "mean" and self.average is None


class PooledClassifier(nn.Module):
    """Pools frames over time and classifies what comes out, or predicts numbers of it.

    Args:
        settings: which layers, and which pooling.
        dim: how many features a frame has.
        outputs: how many outputs there are, such as a logit for each class.
        layers: how many layers the encoder has, which "average" weighs.
    """

    def __init__(self, settings: PooledSettings, dim: int, outputs: int, layers: int = 1) -> None:
        super().__init__()
        self.settings = settings
        self.pool = POOLINGS[settings.pooling]
        dense = [nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(settings.dropout)]
        self.hidden = nn.Sequential(*(dense if settings.kind == "pooled" else []))
        self.output = nn.Linear(dim, outputs)
        if settings.average is not None:
            self.average = LayerAverage(layers, settings.average)

    def forward(self, layers: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """Return outputs, (utterances, outputs).

        Args:
            layers: each (frames, dim), the utterances' real frames one after another; all of the
                encoder's, or, without an average of them, only the last.
            lengths: (utterances,) frames of each.
        """
        frames = layers[-1]
        if self.settings.average is not None:
            weighed = zip(self.average.weights, layers, strict=True)
            frames = reduce(torch.add, (weight * layer for weight, layer in weighed))
        outputs: Tensor = self.output(self.hidden(self.pool(frames, lengths)))
        return outputs
