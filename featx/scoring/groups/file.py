"""Scores of groups as `metrics.json` holds them, read back."""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt

from featx.scoring.groups.scores import Gap, Group, GroupScores
from featx.scoring.metrics import Score
from featx.scoring.significance import Difference
from featx.utils.config import Schema

Finite = Annotated[float, Field(allow_inf_nan=False)]


class StoredScore(Schema):
    """A `Score`; what is undefined is null."""

    mean: Finite
    std: Finite | None
    low: Finite | None
    high: Finite | None

    def to_score(self) -> Score:
        """Return the score."""
        values = (self.std, self.low, self.high)
        return Score(self.mean, *(np.nan if value is None else value for value in values))


class StoredGroup(Schema):
    """A `Group`."""

    value: str
    utterances: PositiveInt
    speakers: NonNegativeInt
    classes: list[str]
    scores: Annotated[dict[str, StoredScore], Field(min_length=1)]
    compared: bool
    marks: list[str]

    def to_group(self) -> Group:
        """Return the group."""
        scores = {name: score.to_score() for name, score in self.scores.items()}
        return Group(
            self.value, self.utterances, self.speakers, self.classes, scores, self.compared,
            self.marks,
        )  # fmt: skip


class StoredDifference(Schema):
    """A `Difference`."""

    mean: Finite
    low: Finite | None
    high: Finite | None


class StoredGap(Schema):
    """A `Gap`."""

    higher: str
    lower: str
    difference: StoredDifference
    classes: NonNegativeInt
    paired: bool
    pairs: PositiveInt

    def to_gap(self) -> Gap:
        """Return the gap."""
        difference = Difference(**self.difference.model_dump())
        return Gap(self.higher, self.lower, difference, self.classes, self.paired, self.pairs)


class StoredGroupScores(Schema):
    """A `GroupScores`."""

    column: str
    groups: Annotated[list[StoredGroup], Field(min_length=1)]
    largest_gaps: dict[str, StoredGap]
    resampled: str
    percent: bool

    def to_scores(self) -> GroupScores:
        """Return the scores."""
        groups = [group.to_group() for group in self.groups]
        gaps = {name: gap.to_gap() for name, gap in self.largest_gaps.items()}
        return GroupScores(self.column, groups, gaps, self.resampled, self.percent)
