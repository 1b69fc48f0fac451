"""The learned weighted average of an encoder's layers."""

import torch
from torch import Tensor, nn


class LayerAverage(nn.Module):
    """Average layers with learned weights: sum of |w_l| x_l over sum of |w_l|.

    As in the published code of Pepino et al. 2021, "Emotion Recognition from Speech Using
    wav2vec 2.0 Embeddings" (Interspeech), eq. 1; all weights are one at the start, so training
    begins with the plain mean.

    Args:
        layers: how many there are.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.ones(layers))

    @property
    def weights(self) -> Tensor:
        """(layers,), not negative, adding up to one."""
        return self.raw.abs() / self.raw.abs().sum()

    def forward(self, features: Tensor) -> Tensor:
        """Average over layers.

        Args:
            features: (layers, frames, dim), of any float type.

        Returns:
            (frames, dim) float32.
        """
        flat = features.to(self.raw.dtype).flatten(1)
        return (self.weights @ flat).view(features.shape[1:])
