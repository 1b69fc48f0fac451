"""What a run's models share, and what is one training's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from classifiers.objectives import Objective
from classifiers.scale import Scale
from featx.data.augmentation.augment import Augmenter
from featx.data.manifest import Utterance
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.training.processes import Processes
from featx.finetuning.training.waveforms import Waveforms
from featx.fitting.objective import objective_of
from featx.protocols.fold import Fold
from featx.protocols.task import Task
from featx.runs.members import member_name


@dataclass(frozen=True)
class Setting:
    """What all models of a run share.

    Attributes:
        config: how to fine-tune.
        task: the utterances, and how they are divided.
        checkpoint: the folder with the encoder's files.
        extractor: transformers', prepares waveforms.
        device: where to compute.
        processes: the processes that compute.
        trackers: the experiment trackers that follow the training.
        name: what the run is called.
        augmenter: what changes training utterances; None if they stay as they are.
    """

    config: FinetuneConfig
    task: Task
    checkpoint: Path
    extractor: Any
    device: torch.device
    processes: Processes
    trackers: Sequence[str]
    name: str
    augmenter: Augmenter | None = None

    @property
    def objective(self) -> Objective:
        """What the outputs of the models mean."""
        return objective_of(self.task)


@dataclass(frozen=True)
class Trial:
    """One training of a run: a seed on a fold.

    Attributes:
        setting: what all models of the run share.
        seed: decides the initial head, order, dropout and masking.
        fold: which utterances train, validate and test.
        folder: where checkpoints go; the caller removes it when the model is saved.
    """

    setting: Setting
    seed: int
    fold: Fold
    folder: Path

    @property
    def title(self) -> str:
        """The run's name and the model's."""
        return f"{self.setting.name}, {member_name(self.seed, self.fold.number)}"

    @property
    def training(self) -> Sequence[Utterance]:
        """The utterances that the model learns from."""
        if self.setting.config.select_on == "test":
            return [*self.fold.train, *self.fold.validation]
        return self.fold.train

    @property
    def scale(self) -> Scale | None:
        """What numbers are standardised by while the model trains; None of classes."""
        return self.setting.objective.scale(self.setting.task.targets(self.training))

    @property
    def choosing(self) -> Sequence[Utterance]:
        """The utterances that choose the checkpoint."""
        return self.fold.parts[self.setting.config.select_on]

    @property
    def predicted(self) -> Sequence[str]:
        """The parts of the fold whose predictions the run keeps."""
        on_test = self.setting.config.select_on == "test"
        return ["test"] if on_test else ["validation", "test"]

    def waveforms(self, utterances: Sequence[Utterance]) -> Waveforms:
        """Return utterances as the model takes them in training, numbers standardised."""
        setting, scale = self.setting, self.scale
        targets = setting.task.targets(utterances)
        targets = targets if scale is None else scale.standardised(targets)
        return Waveforms(utterances, targets, setting.extractor, setting.config.seconds)
