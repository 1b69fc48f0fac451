"""A run's models as one network, from samples to probabilities."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from featx.sharing.graph_encoders import Frames, Wav2Vec2Graph, WhisperGraph
from featx.sharing.graph_heads import average_frames


class Branch(nn.Module):
    """An encoder, and heads on its layers.

    Args:
        encoder: gives layers and their real frames.
        heads: gives logits, (utterances, heads, classes).
        layers: the layers that the heads take; None for all.
        frames: how many frames of each utterance's beginning they see; None for all.
        average: how many neighbouring frames are averaged.
    """

    def __init__(
        self,
        encoder: WhisperGraph | Wav2Vec2Graph,
        heads: nn.Module,
        layers: Sequence[int] | None = None,
        frames: int | None = None,
        average: int = 1,
    ) -> None:
        super().__init__()
        self.encoder, self.heads = encoder, heads
        self.layers, self.frames, self.average = layers, frames, average

    def forward(self, waveforms: Tensor, samples: Tensor) -> Tensor:
        """Return logits, (utterances, heads, classes)."""
        given, frames = self.encoder(waveforms, samples)
        layers = given if self.layers is None else [given[layer] for layer in self.layers]
        if self.frames is not None:
            frames = Frames(frames.counts.clamp(max=self.frames), frames.longest)
        if self.average > 1:
            layers, frames = average_frames(layers, frames, self.average)
        logits: Tensor = self.heads(layers, frames)
        return logits


class Classifier(nn.Module):
    """All models of a run, whose probabilities are averaged.

    Args:
        branches: each with heads of its own.
        temperatures: what the logits of each head are divided by: one for all, or one for each.
        limit: samples of each utterance's beginning that are heard; infinite for all.
        several: whether any number of classes may fit, each with a probability of its own.
        numbers: whether numbers are predicted, and no classes.
    """

    temperatures: Tensor

    def __init__(
        self,
        branches: Sequence[Branch],
        temperatures: Sequence[Sequence[float]],
        limit: float = math.inf,
        several: bool = False,
        numbers: bool = False,
    ) -> None:
        super().__init__()
        self.several, self.numbers = several, numbers
        self.branches, self.limit = nn.ModuleList(branches), limit
        self.register_buffer("temperatures", torch.tensor(temperatures)[None])
        self.eval().requires_grad_(False)

    def forward(self, waveform: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Classify utterances.

        Args:
            waveform: (utterances, samples) float32 at 16 kHz; what is after an end is ignored.
            samples: (utterances,) int64, how many each has.

        Returns:
            The averaged probabilities (utterances, classes), and the logits of every head
            (utterances, heads, classes); of numbers their average, and those of every head.
        """
        if not math.isinf(self.limit):
            samples = samples.clamp(max=int(self.limit))
        real = torch.arange(waveform.shape[1], device=waveform.device) < samples[:, None]
        waveform = waveform.masked_fill(~real, 0.0)
        logits = torch.cat([branch(waveform, samples) for branch in self.branches], 1)
        logits = logits / self.temperatures
        if self.numbers:
            return logits.mean(1), logits
        shares = logits.sigmoid() if self.several else logits.softmax(2)
        return shares.mean(1), logits
