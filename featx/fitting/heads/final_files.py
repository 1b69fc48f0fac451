"""Final heads in the files of a run, where those of cross-validation are already."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from featx.runs.files import CALIBRATION, DESCRIPTION, WEIGHTS
from featx.runs.members import read_member, write_member
from featx.runs.read import damaged
from featx.utils.files import write_bytes, write_json


@dataclass(frozen=True)
class FinalHead:
    """A head that was trained on all utterances.

    Attributes:
        seed: the seed of its initial weights, order and dropout.
        weights: the head's parameters by name, and what features are standardised by.
        chosen: how many epochs it was trained for; of a linear classifier, the place of its
            strength in the settings, from 1.
    """

    seed: int
    weights: Mapping[str, Tensor]
    chosen: int

    @property
    def prefix(self) -> str:
        """How the names of its weights begin in a run's file."""
        return f"seed{self.seed}.final."

    def save(self, folder: Path, inputs: str) -> None:
        """Write the head to its file in a folder, as `Member.save` does."""
        name = _file_name(self.seed)
        write_member(folder, name, inputs, self.weights, {"chosen": str(self.chosen)})

    @classmethod
    def load(cls, folder: Path, seed: int, chosen: int, inputs: str) -> "FinalHead | None":
        """Return a head finished earlier, or None if there is none for these inputs and choice."""
        found = read_member(folder, _file_name(seed), inputs)
        if found is None or found[1]["chosen"] != str(chosen):
            return None
        return cls(seed, found[0], chosen)


def _file_name(seed: int) -> str:
    return f"seed{seed}-final"


def add_heads(folder: Path, heads: Sequence[FinalHead]) -> None:
    """Add final heads to the weights of a run, and to what describes them.

    Their temperatures are written before and the description last, so that no final head is read
    back without its temperature, wherever this is stopped.

    Args:
        folder: the run's folder.
        heads: a head for each seed; they take the place of any that are there.

    Raises:
        FeatxError: if the run's files are damaged.
    """
    description = _read(folder / DESCRIPTION, "members")
    try:
        tensors = load((folder / WEIGHTS).read_bytes())
    except (OSError, SafetensorError) as error:
        raise damaged(folder / WEIGHTS, str(error)) from None
    for head in heads:
        tensors |= {f"{head.prefix}{name}": value for name, value in head.weights.items()}
    entries = [
        {"prefix": head.prefix, "seed": head.seed, "fold": None, "best_epoch": head.chosen}
        for head in heads
    ]
    add_temperatures(folder)
    write_bytes(folder / WEIGHTS, save(tensors))
    write_json(folder / DESCRIPTION, _with_final(description, "members", entries))


def add_temperatures(folder: Path) -> None:
    """Give each final head of a run a temperature, or one a label, if the other heads have them.

    It is the geometric mean of those of the seed's folds: a head can't be calibrated on utterances
    that it has heard.

    Raises:
        FeatxError: if the run's file is damaged.
    """
    path = folder / CALIBRATION
    if not path.exists():
        return
    calibration = _read(path, "temperatures")
    by_seed: dict[int, list[dict[str, Any]]] = {}
    try:
        for entry in calibration["temperatures"]:
            if entry["fold"] is not None:
                by_seed.setdefault(entry["seed"], []).append(entry)
        entries = [{"seed": s, "fold": None, **_mean(own)} for s, own in by_seed.items()]
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"unusable temperatures: {error}") from None
    write_json(path, _with_final(calibration, "temperatures", entries))


def _mean(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the geometric mean of folds' temperatures, of several labels by label."""
    if "temperature" in entries[0]:
        return {"temperature": geometric_mean([entry["temperature"] for entry in entries])}
    each = [entry["temperatures"] for entry in entries]
    return {"temperatures": {name: geometric_mean([t[name] for t in each]) for name in each[0]}}


def _with_final(table: dict[str, Any], key: str, entries: Sequence[dict[str, Any]]) -> Any:
    """Return a table with entries of final heads in the place of any that it has."""
    return {**table, key: [*(e for e in table[key] if e["fold"] is not None), *entries]}


def _read(path: Path, key: str) -> dict[str, Any]:
    """Return a run's JSON, in which there is a list."""
    try:
        table: dict[str, Any] = json.loads(path.read_bytes())
        if all("fold" in entry for entry in table[key]):
            return table
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, str(error)) from None
    raise damaged(path, f"it has no {key} by fold")
