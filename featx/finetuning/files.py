"""The files of a fine-tuning."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np

from featx.cost import Cost, describe_bytes, describe_seconds, folder_bytes, write_cost
from featx.environment import describe_environment, device_name
from featx.figures import draw_confusion
from featx.files import write_csv, write_json, write_text
from featx.finetuning.figures import draw_tuning
from featx.finetuning.history import Look
from featx.finetuning.identity import Identity
from featx.finetuning.member import TunedMember
from featx.finetuning.tuning import Setting
from featx.outcomes import rounded, write_predictions
from featx.results import Results, plain_table, render
from featx.run_folder import MODELS

REPORT = "report.txt"


def write_files(
    setting: Setting,
    identity: Identity,
    members: Sequence[TunedMember],
    results: Results,
    folder: Path,
) -> None:
    """Write everything that a finished run leaves but its config, log, models and scores.

    Args:
        setting: what was fine-tuned on what.
        identity: of the encoder and data.
        members: the models.
        results: their scores.
        folder: of the run.
    """
    told = asdict(identity)
    inputs = told.pop("inputs")
    environment = {**describe_environment(), "inputs_sha256": inputs, "encoder": told}
    write_json(folder / "environment.json", environment)
    header = ("seed", "fold", *Look.__dataclass_fields__)
    rows = ((m.seed, m.fold, *rounded(astuple(look))) for m in members for look in m.history)
    write_csv(folder / "history.csv", header, rows)
    write_predictions(setting.task, members, folder / "predictions.csv")
    write_text(folder / REPORT, f"{results.to_text()}\n\n{pace(members, folder)}\n")
    write_cost(folder, _cost(setting, identity, members))
    draw_confusion(results, folder / "figures/confusion")
    chosen_on_test = setting.config.select_on == "test"
    draw_tuning(members, folder / "figures/training", chosen_on_test)


def pace(members: Sequence[TunedMember], folder: Path) -> str:
    """Return a table of how long each model took, and what the saved ones take on the disk.

    Args:
        members: the models.
        folder: of the run.
    """
    table = plain_table(
        "model", "steps", "s / 100 steps", "best step", "time to best", "time", "on disk"
    )
    for member in members:
        looks = member.history
        steps = np.diff([0, *(look.step for look in looks)])
        seconds = 100 * np.array([look.train_seconds for look in looks]) / steps
        saved = folder / MODELS / member.name
        table.add_row(
            member.name,
            f"{looks[-1].step:,}",
            f"{np.median(seconds):.1f}",
            f"{member.best_look.step:,}",
            describe_seconds(member.best_look.seconds),
            describe_seconds(looks[-1].seconds),
            describe_bytes(folder_bytes(saved)) if saved.exists() else "not saved",
        )
    return render(table)


def _cost(setting: Setting, identity: Identity, members: Sequence[TunedMember]) -> Cost:
    on_gpu = [m.peak_gpu_memory for m in members if m.peak_gpu_memory is not None]
    return Cost(
        seconds=sum(member.history[-1].seconds for member in members),
        models=len(members),
        peak_memory=max(member.peak_memory for member in members),
        peak_gpu_memory=max(on_gpu, default=None),
        parameters_trained=identity.trained,
        features=0,
        device=device_name(setting.device),
    )
