"""The choices of a fine-tuning by name, for configs and the command line."""

from typing import Literal

Mode = Literal["full", "partial", "frozen"]
"""Which weights train: all, all but the CNN's, or the head's alone."""

HeadKind = Literal["linear", "pooled"]
"""What classifies: one linear layer, or dense, tanh, dropout and linear."""

Pooling = Literal["mean", "sum", "max"]
"""How the frames of an utterance become one vector."""

SelectOn = Literal["validation", "test"]
"""Which utterances choose the checkpoint."""

Save = Literal["best", "all", "none"]
"""Which models are kept."""
