"""The choices of classifiers by name, for settings, configs and the command line."""

from typing import Literal

FramePooling = Literal["mean", "sum", "max"]
"""How the frames of an utterance become one vector."""

MomentPooling = Literal["mean", "mean+deviation"]
"""The same, for what takes the deviation of each feature over the frames too."""

DensePooling = Literal["mean", "mean+deviation", "attentive"]
"""The same, for what may also learn which frames count: both, weighed by attention."""

PooledKind = Literal["linear", "pooled"]
"""What classifies pooled frames: one linear layer, or dense, tanh, dropout and linear."""

Monitor = Literal["loss", "score"]
"""What of validation decides when training stops and which epoch is kept."""

Loss = Literal["cross-entropy", "focal", "ccc", "mse", "ccc+mse"]
"""What is minimised in training, of classes the first two and of numbers the others."""

Sampling = Literal["shuffled", "balanced"]
"""Which utterances make an epoch: every utterance once, or every class equally often."""

Weighting = Literal["absolute", "softmax"]
"""How the parameters of a layer average become weights."""

THRESHOLD = 0.5
"""The probability from which a label is predicted, where several may fit an utterance."""
