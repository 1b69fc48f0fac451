"""What a run cost: time, memory, parameters trained, disk."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError

from featx.errors import FeatxError
from featx.runs.files import COST
from featx.utils.config import Schema, first_problem
from featx.utils.files import write_json


class Cost(Schema, extra="ignore"):
    """The cost of a run's training, and what `cost.json` holds.

    Attributes:
        seconds: how long all models of the run trained, added up.
        models: how many were trained, seeds times folds.
        peak_memory: bytes, the most that the process held.
        peak_gpu_memory: bytes, the most that it held on a GPU; None without one.
        parameters_trained: how many parameters of a single model were trained.
        features: bytes of the feature stores that the run reads; 0 if none.
        device: "cpu" or the card's name.
    """

    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    models: PositiveInt
    peak_memory: NonNegativeInt
    peak_gpu_memory: NonNegativeInt | None
    parameters_trained: NonNegativeInt
    features: NonNegativeInt
    device: str


def write_cost(folder: Path, cost: Cost) -> None:
    """Write `cost.json` to a run folder, complete or not at all."""
    write_json(folder / COST, cost.model_dump())


def read_cost(folder: Path) -> Cost | None:
    """Read a run folder's `cost.json`.

    Returns:
        The cost, or None if the file is not there.

    Raises:
        FeatxError: if it is damaged.
    """
    path = folder / COST
    try:
        return Cost.model_validate_json(path.read_bytes(), strict=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = str(error.strerror)
    except ValidationError as error:
        problem = first_problem(error)
    raise FeatxError(
        f"{path}: damaged, {problem}. Delete it to compare without this run's cost, or train the "
        "run again."
    )


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


def describe_parameters(number: int) -> str:
    """Return "208", "19.9 k" or "94.4 M"."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return str(number)
