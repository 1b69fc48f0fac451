"""What the benchmarks of fine-tuning share."""

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModelForAudioClassification
from transformers.utils import logging as transformers_logging

from benchmarks.setting import describe_machine, versions, write_encoder
from classifiers.pooled import PooledSettings
from featx.data.manifest import Utterance
from featx.features.encoders.devices import find_devices
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.adapting.settings import Adapters
from featx.finetuning.choices import Mode
from featx.finetuning.config import Tuning
from featx.finetuning.model import EmotionModel, build_model
from featx.finetuning.training.settings import TuningSettings
from featx.finetuning.training.waveforms import Waveforms
from featx.utils.config import read_config, shipped_config

CLASSES, SEED = 8, 0
DROPOUTS = ("attention", "hidden", "activation", "feat_proj", "final")
SHIPPED = read_config(shipped_config("finetuning.toml"), Tuning)


@dataclass(frozen=True)
class Bench:
    """What all ways have in common."""

    checkpoint: Path
    mode: Mode
    settings: TuningSettings
    steps: int
    device: torch.device
    head: PooledSettings = SHIPPED.head
    adapters: Adapters | None = None
    checkpointing: bool = False

    def waveforms(self, utterances: Sequence[Utterance]) -> Waveforms:
        """Return utterances, read when asked for."""
        labels = np.array([int(utterance.label) - 1 for utterance in utterances])
        return Waveforms(utterances, labels, load_extractor(self.checkpoint))

    def model(self) -> EmotionModel:
        """Return featx's model, with the same initial weights each time."""
        torch.manual_seed(SEED)
        model = build_model(
            self.checkpoint, self.head, CLASSES, self.mode, self.checkpointing, self.adapters
        )
        return model.to(self.device)

    def published(self) -> Any:
        """Return transformers' model."""
        torch.manual_seed(SEED)
        options = {"num_labels": CLASSES, "layerdrop": 0.0, "dtype": torch.float32}
        model = AutoModelForAudioClassification.from_pretrained(self.checkpoint, **options)
        if self.mode != "full":
            model.freeze_feature_encoder()
        if self.mode == "frozen":
            model.freeze_base_model()
        return model.to(self.device)

    @property
    def batch(self) -> int:
        """Utterances of a step."""
        return self.settings.batch_size * self.settings.accumulation

    def autocast(self) -> torch.autocast:
        """Return the precision that Trainer would compute in."""
        half = self.settings.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def adam(bench: Bench, weights: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
    settings = bench.settings
    decay = settings.weight_decay
    return torch.optim.AdamW(weights, settings.learning_rate, weight_decay=decay, fused=True)


def our_loss(model: EmotionModel, batch: dict[str, Any]) -> Tensor:
    device = model.head.output.weight.device
    labels = batch["labels"].to(device)
    loss: Tensor = model(batch["waveforms"].to(device), batch["samples"], labels)["loss"]
    return loss


def still(checkpoint: Path, folder: Path) -> Path:
    """Copy a checkpoint, with nothing in its config that is drawn at random."""
    shutil.copytree(checkpoint, folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config |= {f"{name}_dropout": 0.0 for name in DROPOUTS} | {"apply_spec_augment": False}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


def parse(description: str) -> argparse.ArgumentParser:
    """Return the options that the benchmarks of fine-tuning share."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--encoder", default="wav2vec2-base", help="short name, or a folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mode", choices=("full", "partial", "frozen"), default="full")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default="auto")
    return parser


def set_up(options: argparse.Namespace, scratch: Path, steps: int = 0) -> Bench:
    """Make the model, and say what is measured on what."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    checkpoint = Path(options.encoder)
    if not checkpoint.is_dir():
        checkpoint = write_encoder(options.encoder, scratch / "encoder")
    (device,) = find_devices(options.device)
    changes = {"precision": options.precision, "schedule": "constant", "every": 10**9}
    settings = SHIPPED.training.model_copy(update=changes)
    print(
        f"{options.encoder}, random weights, {options.mode}, {options.precision}, "
        f"{describe_machine(device)}, {versions()}",
        flush=True,
    )
    return Bench(checkpoint, options.mode, settings, steps, device)
