"""Classifiers of pooled frames: what sits on an encoder that is fine-tuned."""

from torch import Tensor, nn

from classifiers.choices import FramePooling, PooledKind
from classifiers.pooling import POOLINGS
from classifiers.settings import Dropout, Settings


class PooledSettings(Settings):
    """What turns an encoder's frames into classes.

    Attributes:
        kind: "linear" for a linear layer (Wang et al. 2021), "pooled" for dense, tanh, dropout
            and linear (as Gavali and Verma 2023).
        pooling: how the frames of an utterance become one vector: "mean", "sum" or "max".
        dropout: share of the dense layer's outputs that "pooled" drops.
    """

    kind: PooledKind
    pooling: FramePooling = "mean"
    dropout: Dropout = 0.1

    @property
    def is_plain(self) -> bool:
        """Whether transformers' own models for audio classification can be this one."""
        return self.kind == "linear" and self.pooling == "mean"


class PooledClassifier(nn.Module):
    """Pools frames over time and classifies what comes out.

    Args:
        settings: which layers, and which pooling.
        dim: how many features a frame has.
        classes: how many classes there are.
    """

    def __init__(self, settings: PooledSettings, dim: int, classes: int) -> None:
        super().__init__()
        self.settings = settings
        self.pool = POOLINGS[settings.pooling]
        dense = [nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(settings.dropout)]
        self.hidden = nn.Sequential(*(dense if settings.kind == "pooled" else []))
        self.output = nn.Linear(dim, classes)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Return logits (utterances, classes).

        Args:
            frames: (frames, dim), the utterances' real frames one after another.
            lengths: (utterances,) frames of each.
        """
        logits: Tensor = self.output(self.hidden(self.pool(frames, lengths)))
        return logits
