"""The choices of a fine-tuning by name, for configs and the command line."""

from typing import Literal

from classifiers.choices import FramePooling, PooledKind

Mode = Literal["full", "partial", "frozen", "lora", "adapter"]
"""Which weights train: all, all but the CNN's, the head's alone, or the head's and adapters'."""

ADAPTING: tuple[Mode, ...] = ("lora", "adapter")
"""The modes with adapters, each with a table of settings of its name."""

HeadKind = PooledKind
Pooling = FramePooling

SelectOn = Literal["validation", "test"]
"""Which utterances choose the checkpoint."""

BestBy = Literal["score", "wa", "loss", "parting"]
"""Which rule chooses the checkpoint, see `featx.finetuning.results.member.Look.worth`."""

Save = Literal["best", "all", "none"]
"""Which models are kept."""

Tracker = Literal["tensorboard", "wandb", "trackio", "mlflow"]
"""What can follow a training."""

WITH_CONFIG = {"config", "settings", "name", "device", "track", "push_to_hub", "overwrite"}
"""The arguments that can be given beside an earlier config."""
