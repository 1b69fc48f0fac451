"""The file of one finished model, a seed on a fold, that is kept until its run is finished."""

import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from featx.utils.files import write_bytes


def member_name(seed: int, fold: int) -> str:
    """Return what a model's files are called, as in "seed0-fold1"."""
    return f"seed{seed}-fold{fold}"


def read_member_name(name: str) -> tuple[int, int] | None:
    """Return the seed and fold of a model's file or folder; None if it is called otherwise."""
    found = re.fullmatch(r"seed(\d+)-fold(\d+)", name)
    return (int(found[1]), int(found[2])) if found else None


def write_member(
    folder: Path,
    name: str,
    inputs: str,
    tensors: Mapping[str, Tensor],
    notes: Mapping[str, str],
) -> int:
    """Write a finished model, complete or not at all, and return how many bytes it has.

    Args:
        folder: the folder of the run's finished models.
        name: the model's name, from `member_name`.
        inputs: digest of what it was trained on.
        tensors: its weights, predictions and the like.
        notes: what else there is to keep.
    """
    content = save(dict(tensors), {"inputs": inputs, **notes})
    write_bytes(_path(folder, name), content)
    return len(content)


def read_member(
    folder: Path, name: str, inputs: str
) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Return what `write_member` wrote, or None if it did not for these inputs."""
    path = _path(folder, name)
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            notes: dict[str, str] = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError:  # damaged: it is trained again
        return None
    return (tensors, notes) if notes["inputs"] == inputs else None


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"
