"""Trials of a search, and the file that keeps them until its run is finished."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from featx.utils.config import Schema
from featx.utils.files import write_json

State = Literal["complete", "pruned", "diverged"]
"""Whether all inner folds were trained, bad ones ended it, or a loss became infinite."""


class Trial(Schema):
    """Settings that were tried.

    Attributes:
        values: a value for each setting that is searched.
        scores: the validation score of each inner fold that was trained, the higher the better.
        state: how it ended.
        seconds: how long it took.
    """

    values: dict[str, Any]
    scores: tuple[Annotated[float, Field(allow_inf_nan=False)], ...]
    state: State
    seconds: float

    @property
    def score(self) -> float:
        """The mean validation score; not a number where no inner fold was trained."""
        return math.fsum(self.scores) / len(self.scores) if self.scores else math.nan


class _Kept(Schema):
    """What a file of trials holds."""

    inputs: str
    trials: tuple[Trial, ...]


def read_trials(folder: Path, search: int, inputs: str) -> list[Trial]:
    """Return the trials of a search that are finished, in their order.

    Args:
        folder: where they are kept.
        search: the number of the search.
        inputs: digest of what it depends on; trials of anything else do not count.
    """
    try:
        kept = _Kept.model_validate_json(_path(folder, search).read_bytes())
    except (OSError, ValidationError):  # not there, or damaged: they are tried again
        return []
    return list(kept.trials) if kept.inputs == inputs else []


def write_trials(folder: Path, search: int, inputs: str, trials: Sequence[Trial]) -> None:
    """Keep the trials of a search, all of them or, on a kill, those that were kept before."""
    table = _Kept(inputs=inputs, trials=tuple(trials)).model_dump(mode="json")
    write_json(_path(folder, search), table)


def best_of(trials: Sequence[Trial]) -> int | None:
    """Return the place of the trial with the highest score, the first of equal ones.

    Only complete trials count; it is None if there are none.
    """
    complete = [place for place, trial in enumerate(trials) if trial.state == "complete"]
    return max(complete, key=lambda place: (trials[place].score, -place), default=None)


def is_same(values: dict[str, Any], others: dict[str, Any]) -> bool:
    """Tell whether two trials have the same settings; true is not 1."""
    return json.dumps(values, sort_keys=True) == json.dumps(others, sort_keys=True)


def _path(folder: Path, search: int) -> Path:
    return folder / f"search{search}.json"
