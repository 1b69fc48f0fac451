"""What a run cost: time, memory, parameters trained, disk."""

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.utils.files import write_json

COST_FILE = "cost.json"


@dataclass(frozen=True)
class Cost:
    """The cost of a run's training.

    Attributes:
        seconds: of training, all models of the run added up.
        models: how many were trained, seeds times folds.
        peak_memory: bytes, the most the process held.
        peak_gpu_memory: bytes, the most it held on a GPU; None without one.
        parameters_trained: of one model.
        features: bytes of the feature stores that the run reads; 0 if none.
        device: "cpu" or the card's name.
    """

    seconds: float
    models: int
    peak_memory: int
    peak_gpu_memory: int | None
    parameters_trained: int
    features: int
    device: str


def write_cost(folder: Path, cost: Cost) -> None:
    """Write `cost.json` to a run folder, complete or not at all."""
    write_json(folder / COST_FILE, asdict(cost))


def read_cost(folder: Path) -> Cost | None:
    """Read a run folder's `cost.json`.

    Returns:
        The cost, or None if the file is not there.

    Raises:
        FeatxError: if it is damaged.
    """
    path = folder / COST_FILE
    try:
        table = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, f"not JSON ({error})") from None
    if not isinstance(table, dict):
        raise _damaged(path, "not an object")
    for field in fields(Cost):
        if field.name not in table:
            raise _damaged(path, f"without {field.name}")
        if not _fits(field.name, table[field.name]):
            raise _damaged(path, f"{field.name} is {table[field.name]!r}")
    return Cost(**{field.name: table[field.name] for field in fields(Cost)})


def folder_bytes(folder: Path) -> int:
    """Return how many bytes the files in a folder and those below hold."""
    files = (path for path in folder.rglob("*") if not path.is_symlink() and path.is_file())
    return sum(path.stat().st_size for path in files)


def describe_seconds(seconds: float) -> str:
    """Return "8.2 s", "45 s", "3 min 51 s" or "2 h 4 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"


def describe_bytes(number: int) -> str:
    """Return "820 B", "64.1 kB", "12.3 MB" or "5.31 GB", in powers of a thousand."""
    if number >= 1e9:
        return f"{number / 1e9:,.2f} GB"
    return _scaled(number, {"MB": 1e6, "kB": 1e3}, " B")


def describe_parameters(number: int) -> str:
    """Return "208", "19.9 k" or "94.4 M"."""
    return _scaled(number, {"M": 1e6, "k": 1e3}, "")


def _scaled(number: int, units: dict[str, float], plain: str) -> str:
    for unit, size in units.items():
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number}{plain}"


def _fits(name: str, value: Any) -> bool:
    if name == "device":
        return isinstance(value, str)
    if name == "peak_gpu_memory" and value is None:
        return True
    kinds = (int, float) if name == "seconds" else (int,)
    least = 1 if name == "models" else 0
    return type(value) in kinds and math.isfinite(value) and value >= least


def _damaged(path: Path, what: str) -> FeatxError:
    return FeatxError(
        f"{path}: damaged, {what}. Delete it to compare without this run's cost, "
        "or train the run again."
    )
