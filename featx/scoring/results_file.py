"""Results as `metrics.json` holds them, read back."""

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PositiveInt, model_validator

from featx.scoring.classes.distributions import DistributionScores
from featx.scoring.classes.results import Results
from featx.scoring.groups.file import Finite, StoredGroupScores
from featx.scoring.labels.results import MULTILABEL, LabelResults
from featx.scoring.labels.scores import METRICS as LABEL_METRICS
from featx.scoring.metrics import METRICS, Score
from featx.scoring.numbers.levels import Level
from featx.scoring.numbers.results import REGRESSION, NumberResults
from featx.scoring.numbers.scores import METRICS as NUMBER_METRICS
from featx.scoring.reliability import CalibrationErrors
from featx.utils.config import Schema

RunResults = Results | NumberResults | LabelResults
"""What a run found, of classes, of numbers, or of several labels at once."""


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

    def to_errors(self) -> CalibrationErrors:
        """Return the errors."""
        return CalibrationErrors(self.before, self.after)


class _Stored(Schema, extra="ignore"):
    """What of `metrics.json` is read back, whatever was learned: the rest follows from it."""

    title: str
    seeds: PositiveInt
    speakers: int
    speakers_shared: bool | None
    remarks: list[str]
    groups: list[StoredGroupScores] = Field(default_factory=list)

    def common(self) -> dict[str, Any]:
        """Return it as `CommonResults` takes it."""
        return {
            "title": self.title,
            "seeds": self.seeds,
            "speakers": self.speakers,
            "speakers_shared": self.speakers_shared,
            "remarks": self.remarks,
            "groups": [scores.to_scores() for scores in self.groups],
        }


class StoredResults(_Stored):
    """What is read back of a run that learned classes."""

    uar: StoredScore
    wa: StoredScore
    macro_f1: StoredScore
    classes: list[str]
    confusion: list[list[int]]
    expected_calibration_error: StoredErrors | None = None
    jensen_shannon: StoredScore | None = None
    top2: StoredScore | None = None

    @model_validator(mode="after")
    def _is_square(self) -> "StoredResults":
        classes = len(self.classes)
        if [len(row) for row in self.confusion] != [classes] * classes:
            raise ValueError(f"confusion is no table of {classes} by {classes} counts")
        return self

    def to_results(self) -> Results:
        """Return the results."""
        errors, votes = self.expected_calibration_error, None
        if self.jensen_shannon and self.top2:
            votes = DistributionScores(self.jensen_shannon.to_score(), self.top2.to_score())
        return Results(
            **self.common(),
            classes=self.classes,
            scores={name: getattr(self, name).to_score() for name in METRICS},
            confusion=np.array(self.confusion),
            calibration_errors=errors.to_errors() if errors else None,
            votes=votes,
        )


class StoredLevel(Schema):
    """A `Level`."""

    low: Finite
    high: Finite
    utterances: Finite
    rmse: Finite
    bias: Finite


class StoredDimension(Schema):
    """The scores of a dimension."""

    ccc: StoredScore
    pearson: StoredScore
    rmse: StoredScore
    deviation: Finite
    levels: list[StoredLevel]


class StoredNumbers(_Stored):
    """What is read back of a regression."""

    task: Literal["regression"]
    ccc: StoredScore
    dimensions: Annotated[dict[str, StoredDimension], Field(min_length=1)]

    def to_results(self) -> NumberResults:
        """Return the results."""
        return NumberResults(
            **self.common(),
            scores={"ccc": self.ccc.to_score()},
            dimensions={
                name: {metric: getattr(own, metric).to_score() for metric in NUMBER_METRICS}
                for name, own in self.dimensions.items()
            },
            deviations={name: own.deviation for name, own in self.dimensions.items()},
            levels={
                name: [Level(**level.model_dump()) for level in own.levels]
                for name, own in self.dimensions.items()
            },
        )


class StoredLabelErrors(Schema, extra="ignore"):
    """The `CalibrationErrors` of labels; their means follow from them."""

    labels: dict[str, StoredErrors]


class StoredLabels(_Stored):
    """What is read back of a run that learned several labels."""

    task: Literal["multilabel"]
    macro_f1: StoredScore
    micro_f1: StoredScore
    map: StoredScore
    labels: Annotated[dict[str, dict[str, Finite]], Field(min_length=1)]
    utterances: int = 0
    expected_calibration_error: StoredLabelErrors | None = None

    @model_validator(mode="after")
    def _has_errors_of_its_labels(self) -> "StoredLabels":
        errors = self.expected_calibration_error
        if errors and set(errors.labels) != set(self.labels):
            raise ValueError("expected_calibration_error is not of the same labels as the scores")
        return self

    def to_results(self) -> LabelResults:
        """Return the results."""
        errors = self.expected_calibration_error
        by_label = errors.labels if errors else {}
        return LabelResults(
            **self.common(),
            classes=list(self.labels),
            scores={name: getattr(self, name).to_score() for name in LABEL_METRICS},
            labels=self.labels,
            utterances=self.utterances,
            calibration_errors={name: own.to_errors() for name, own in by_label.items()},
        )


class _Kind(Schema, extra="ignore"):
    """Which of them a file holds."""

    task: str = ""


def read_run_results(path: Path) -> RunResults:
    """Read results back from the `metrics.json` of a run, whatever it learned.

    Raises:
        OSError: if the file can't be read.
        ValidationError: if it is damaged.
    """
    content = path.read_bytes()
    task = _Kind.model_validate_json(content).task
    if task == REGRESSION:
        return StoredNumbers.model_validate_json(content, strict=True).to_results()
    if task == MULTILABEL:
        return StoredLabels.model_validate_json(content, strict=True).to_results()
    return StoredResults.model_validate_json(content, strict=True).to_results()
