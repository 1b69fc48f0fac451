"""Divisions by who speaks."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from featx.protocols.divisions.kind import Apart, Kind, Names, Validation, rotating, validating


class Speakers(Apart):
    """Named speakers in each part; together they are all there are."""

    kind: Literal["speakers"]
    train: Names
    validation: Names
    test: Names

    @field_validator("train", "validation", "test")
    @classmethod
    def _not_named_before(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("names a speaker twice")
        shared = [name for name in names if any(name in part for part in info.data.values())]
        if shared:
            raise ValueError(f"{', '.join(shared)} already named in another part")
        return names

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return 1

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return {part: _listed(getattr(self, part)) for part in ("train", "validation", "test")}


class SpeakerFolds(Apart):
    """Speakers dealt into groups, sexes in turn; each group is the test set once."""

    kind: Literal["speaker-folds"]
    count: Annotated[int, Field(ge=3)]

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return self.count

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return rotating(f"of {self.count} groups of speakers, sexes balanced,")


class SpeakerGroups(Kind):
    """Named groups of speakers, together all there are; each group is the test set once.

    Attributes:
        groups: the speakers of each.
        validation: "next" for the group after the test set's, or a share of what is not tested,
            drawn stratified by label, whose speakers are trained on.
    """

    kind: Literal["speaker-groups"]
    groups: Annotated[tuple[Names, ...], Field(min_length=3)]
    validation: Validation = "next"

    @field_validator("groups")
    @classmethod
    def _named_once(cls, groups: tuple[Names, ...]) -> tuple[Names, ...]:
        names = [name for group in groups for name in group]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice")
        return groups

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return self.validation == "next"

    @property
    def tests_new_speakers(self) -> bool:
        """Whether no speaker who is tested may be in another part."""
        return True

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return len(self.groups)

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        parts = validating(rotating("group of speakers"), self.validation)
        return {**parts, "groups": "; ".join(", ".join(group) for group in self.groups)}


def _listed(names: Sequence[str]) -> str:
    return f"speakers {', '.join(names)}"
