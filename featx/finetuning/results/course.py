"""The course of a fine-tuning: its steps, how long they took, and which step each rule chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from cache import describe_bytes
from featx.finetuning.choices import BestBy
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.results.history import read_history
from featx.finetuning.results.member import Look, TunedMember, best_look
from featx.finetuning.training.resources import tuning_bytes
from featx.runs.cost import describe_seconds, folder_bytes, read_cost
from featx.runs.files import CONFIG, ENVIRONMENT, MODELS
from featx.runs.read import damaged, is_unfinished, read_config, read_environment
from featx.scoring.text import plain_table, render
from featx.utils.config import check_config

DEFAULT_RULE: BestBy = "score"  # of `configs/finetuning.toml`


@dataclass(frozen=True)
class Course:
    """The course of a finished fine-tuning: that of its first model, of several seeds or folds.

    Attributes:
        best_step: the step whose weights were kept, by the run's own rule.
        steps: how many steps were taken.
        seconds_to_best: from the beginning to the end of the look that chose these weights.
        seconds_per_100_steps: the median over looks, of training alone.
        seconds: all, looks included.
        weight_bytes: size of the weights in float32, encoder and classifier.
        device: the name of the GPU, or of the processor if that computed.
        steps_by: the step that each rule would choose: "score", "loss", "parting" and, of classes,
            "wa".
    """

    best_step: int
    steps: int
    seconds_to_best: float
    seconds_per_100_steps: float
    seconds: float
    weight_bytes: int
    device: str
    steps_by: dict[BestBy, int]


def read_course(folder: Path) -> Course | None:
    """Read a fine-tuning's course from its run folder.

    Args:
        folder: the run's.

    Returns:
        None if the folder holds no finished fine-tuning.

    Raises:
        FeatxError: if a file that it needs is damaged or missing.
    """
    table = read_config(folder)
    if is_unfinished(folder) or "mode" not in table:
        return None
    config = check_config(table, FinetuneConfig, folder / CONFIG)
    histories = read_history(folder)
    looks = histories[min(histories)]
    best = looks[best_look(looks, config.training.best_by)]
    return Course(
        best_step=best.step,
        steps=looks[-1].step,
        seconds_to_best=best.seconds,
        seconds_per_100_steps=seconds_per_100_steps(looks),
        seconds=looks[-1].seconds,
        weight_bytes=_weight_bytes(folder),
        device=_device(folder),
        steps_by=steps_by(looks),
    )


def seconds_per_100_steps(looks: Sequence[Look]) -> float:
    """Return how long 100 steps took: the median over looks, of training alone."""
    steps = np.diff([0, *(look.step for look in looks)])
    return float(np.median(100 * np.array([look.train_seconds for look in looks]) / steps))


def steps_by(looks: Sequence[Look]) -> dict[BestBy, int]:
    """Return the step that each rule chooses from the looks of a model."""
    rules = [
        rule for rule in get_args(BestBy) if rule != "wa" or looks[0].validation_wa is not None
    ]
    return {rule: looks[best_look(looks, rule)].step for rule in rules}


def pace(members: Sequence[TunedMember], folder: Path, best_by: BestBy, score: str) -> str:
    """Return a table of how long each model took, and what the saved ones take on the disk.

    Args:
        members: the models.
        folder: the run's.
        best_by: the rule that chose their checkpoints. If it is not our default, a column has the
            step that the default would choose.
        score: what their score is called, such as "UAR".
    """
    header = ["steps", "s / 100 steps", "best step", "time to best", "time", "on disk"]
    rows = [_pace(member, folder / MODELS / member.name) for member in members]
    remark = ""
    if best_by != DEFAULT_RULE:
        header.insert(3, f"by {score}")
        remark = (
            f"\n\nby {score}: the step that our default, the highest {score}, would have chosen."
        )
        for row, member in zip(rows, members, strict=True):
            row.insert(3, f"{steps_by(member.history)[DEFAULT_RULE]:,}")
    table = plain_table("model", *header)
    for row, member in zip(rows, members, strict=True):
        table.add_row(member.name, *row)
    return render(table) + remark


def _pace(member: TunedMember, saved: Path) -> list[str]:
    looks = member.history
    return [
        f"{looks[-1].step:,}",
        f"{seconds_per_100_steps(looks):.1f}",
        f"{member.best_look.step:,}",
        describe_seconds(member.best_look.seconds),
        describe_seconds(looks[-1].seconds),
        describe_bytes(folder_bytes(saved)) if saved.exists() else "not saved",
    ]


def _weight_bytes(folder: Path) -> int:
    encoder = read_environment(folder).get("encoder")
    parameters = encoder.get("parameters") if isinstance(encoder, dict) else None
    if not isinstance(parameters, int) or parameters < 1:
        raise damaged(folder / ENVIRONMENT, f"encoder.parameters is {parameters!r}")
    return tuning_bytes(parameters, 0)[0]


def _device(folder: Path) -> str:
    cost = read_cost(folder)
    if cost is None:
        return "unknown"
    processor = read_environment(folder).get("processor")
    return str(processor) if cost.device == "cpu" and processor else cost.device
