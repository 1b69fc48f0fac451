"""Results as `metrics.json` holds them, read back."""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt, model_validator

from featx.scoring.groups_file import StoredGroupScores
from featx.scoring.metrics import METRICS, Score
from featx.scoring.results import CalibrationErrors, Results
from featx.utils.config import Schema

Finite = Annotated[float, Field(allow_inf_nan=False)]


class StoredScore(Schema):
    """A `Score`; an undefined deviation is null."""

    mean: Finite
    std: Finite | None
    low: Finite
    high: Finite

    def to_score(self) -> Score:
        """Return the score."""
        return Score(self.mean, np.nan if self.std is None else self.std, self.low, self.high)


class StoredErrors(Schema):
    """`CalibrationErrors`."""

    before: Finite
    after: Finite


class StoredResults(Schema, extra="ignore"):
    """What of `metrics.json` is read back; the rest follows from it, or is a vote's."""

    uar: StoredScore
    wa: StoredScore
    macro_f1: StoredScore
    title: str
    classes: list[str]
    seeds: PositiveInt
    speakers: int
    speakers_shared: bool | None
    remarks: list[str]
    confusion: list[list[int]]
    expected_calibration_error: StoredErrors | None = None
    groups: list[StoredGroupScores] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_square(self) -> "StoredResults":
        classes = len(self.classes)
        if [len(row) for row in self.confusion] != [classes] * classes:
            raise ValueError(f"confusion is no table of {classes} by {classes} counts")
        return self


def read_results(path: Path) -> Results:
    """Read results back from the `metrics.json` of a run.

    Raises:
        OSError: if the file can't be read.
        ValidationError: if it is damaged.
    """
    stored = StoredResults.model_validate_json(path.read_bytes(), strict=True)
    errors = stored.expected_calibration_error
    return Results(
        title=stored.title,
        classes=stored.classes,
        scores={name: getattr(stored, name).to_score() for name in METRICS},
        confusion=np.array(stored.confusion),
        seeds=stored.seeds,
        speakers=stored.speakers,
        speakers_shared=stored.speakers_shared,
        remarks=stored.remarks,
        calibration_errors=CalibrationErrors(errors.before, errors.after) if errors else None,
        groups=[scores.to_scores() for scores in stored.groups],
    )
