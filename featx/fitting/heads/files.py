"""All heads of a fit in two files of its run, which `saved.py` reads."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save

from featx.fitting.config import FitConfig
from featx.fitting.heads.member import Member
from featx.fitting.plan import PlannedFit
from featx.fitting.results.priors import training_priors
from featx.protocols.task import Task
from featx.runs.files import (
    DESCRIPTION,
    WEIGHTS,
)
from featx.runs.outputs import Outputs
from featx.utils.files import write_bytes, write_json


def _named_outputs(task: Task, config: FitConfig) -> dict[str, object]:
    """Return what the outputs of a head stand for, and how frequent classes were in training."""
    named = Outputs.of(task).to_table()
    if task.dimensions or task.several:
        return named
    return {**named, "priors": training_priors(task, config)}


def write_model(fit: PlannedFit, members: Sequence[Member], folder: Path) -> None:
    """Write the weights of trained heads, and what they are."""
    task = fit.data.task
    tensors = {
        f"seed{m.seed}.fold{m.fold}.{name}": value
        for m in members
        for name, value in m.weights.items()
    }
    write_bytes(folder / WEIGHTS, save(tensors))
    description = {
        "head": fit.config.head.model_dump(),
        "normalize": fit.config.normalize,
        **_named_outputs(task, fit.config),
        "inputs": [
            {
                **asdict(selection.shape),
                "layers": selection.layers,
                "features": selection.store.identity.to_json(),
            }
            for selection in fit.data.selections
        ],
        "members": [
            {"prefix": f"seed{m.seed}.fold{m.fold}.", "seed": m.seed, "fold": m.fold,
             "best_epoch": m.best_epoch.epoch}
            for m in members
        ],
    }  # fmt: skip
    write_json(folder / DESCRIPTION, description)
