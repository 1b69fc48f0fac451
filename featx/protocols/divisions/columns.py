"""Divisions by what a column of the manifest says."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from featx.protocols.divisions.kind import (
    BY_SPEAKER,
    Apart,
    Column,
    Kind,
    Validation,
    rotating,
    validating,
)


class LeaveOneOut(Kind):
    """Each session, speaker or value of another column is the test set once.

    Attributes:
        by: the column.
        known_validate: whether speakers who are trained on may validate, where no speaker is in
            two groups; those tested are new all the same.
        validation: "next" for the group after the test set's, or a share of what is not tested,
            drawn stratified by label.
    """

    kind: Literal["leave-one-out"]
    by: Column
    known_validate: bool = False
    validation: Validation = "next"

    @field_validator("validation")
    @classmethod
    def _speakers_stay_apart(cls, validation: str | float, info: ValidationInfo) -> str | float:
        if info.data.get("known_validate") or validation == "next":
            return validation
        if info.data.get("by") in BY_SPEAKER:
            raise ValueError(
                'a share of the utterances has the speakers that are trained on; give "next", or '
                "known_validate = true if that is what you want"
            )
        return validation

    @model_validator(mode="after")
    def _needs_a_share(self) -> Self:
        if self.known_validate and (self.by not in BY_SPEAKER or self.validation == "next"):
            raise ValueError(
                "known_validate goes with a share that validates, by session or speaker; "
                "leave it out"
            )
        return self

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return self.tests_new_speakers and not self.known_validate

    @property
    def tests_new_speakers(self) -> bool:
        """Whether no speaker who is tested may be in another part."""
        return self.by in BY_SPEAKER

    @property
    def apart(self) -> tuple[str, ...]:
        """The column, unless it is about speakers."""
        return () if self.tests_new_speakers else (self.by,)

    @property
    def folds(self) -> int | None:
        """None: the corpus decides, with one fold for each group."""
        return None

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return validating(rotating(self.by), self.validation)


class Crossed(Apart):
    """A value of a column, spoken by a group of speakers, is the test set once.

    The next group validates and the others train, with other values of the column. What shares
    only the value or only the speakers with the test set is left out of the fold.

    Attributes:
        by: the column.
        count: how many groups speakers are dealt into, sexes in turn.
    """

    kind: Literal["crossed"]
    by: Column
    count: Annotated[int, Field(ge=3)]

    @field_validator("by")
    @classmethod
    def _not_by_speaker(cls, by: str) -> str:
        if by in BY_SPEAKER:
            raise ValueError("speakers are kept apart already; give another column")
        return by

    @property
    def apart(self) -> tuple[str, ...]:
        """The column."""
        return (self.by,)

    @property
    def folds(self) -> int | None:
        """None: the corpus decides, with one fold for each value of the column in each group."""
        return None

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        groups = f"of {self.count} groups of speakers, sexes balanced,"
        return {
            "train": f"the other groups, without that {self.by}",
            "validation": f"the next group, without that {self.by}",
            "test": f"each {self.by} as spoken by each {groups} in turn",
            "left out": f"what shares the {self.by} or the speakers with the test set",
        }
