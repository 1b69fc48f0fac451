"""Scores of groups of test utterances, such as women and men, and the gaps between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx.scoring.metrics import Score
from featx.scoring.significance import Difference

NO_VALUE = "no value"  # what utterances are called that have nothing in the column


@dataclass(frozen=True)
class Group:
    """The test utterances that have the same value in a column.

    Attributes:
        value: what the column says; empty for those of which it says nothing.
        utterances: how many there are.
        speakers: how many speakers, 0 if unknown.
        classes: the classes that they have; none if what is learned has no classes.
        scores: the score of each metric; the ends of an interval are NaN for a single speaker.
        compared: whether it takes part in gaps.
        marks: what a reader must know before comparing it, in phrases.
    """

    value: str
    utterances: int
    speakers: int
    classes: Sequence[str]
    scores: Mapping[str, Score]
    compared: bool = True
    marks: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The value, or a word for its lack."""
        return self.value or NO_VALUE

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values; what is undefined is null."""
        return {
            "value": self.value,
            "utterances": self.utterances,
            "speakers": self.speakers,
            "classes": list(self.classes),
            "scores": {name: _finite(score) for name, score in self.scores.items()},
            "compared": self.compared,
            "marks": list(self.marks),
        }


def _finite(score: Score) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in vars(score).items()}


@dataclass(frozen=True)
class Gap:
    """The largest difference between two groups in a metric.

    Attributes:
        higher: the value of the group with the higher score.
        lower: the value of the other.
        difference: the higher's score less the lower's, on the utterances whose class both have.
        classes: how many classes both have; 0 if what is learned has no classes.
        paired: whether the groups share speakers, who are then drawn for both at once.
        pairs: how many pairs of groups the largest difference is of.
    """

    higher: str
    lower: str
    difference: Difference
    classes: int
    paired: bool
    pairs: int

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**vars(self), "difference": vars(self.difference)}


@dataclass(frozen=True)
class GroupScores:
    """The scores of the groups that a column of the manifest makes.

    Attributes:
        column: the name of the column.
        groups: in the order of their values, those without a value last.
        gaps: the largest gap in each metric; empty if no two groups can be compared.
        resampled: what the intervals resample: "speakers", or "utterances" if none is known.
        percent: whether scores are in percent.
    """

    column: str
    groups: Sequence[Group]
    gaps: Mapping[str, Gap]
    resampled: str
    percent: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "column": self.column,
            "groups": [group.to_json() for group in self.groups],
            "largest_gaps": {name: gap.to_json() for name, gap in self.gaps.items()},
            "resampled": self.resampled,
            "percent": self.percent,
        }

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics, the foremost first."""
        return list(self.groups[0].scores)
