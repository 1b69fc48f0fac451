"""Divisions of utterances at random, in which speakers are shared."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from featx.protocols.divisions.kind import STRATIFIED, Kind, Share, Validation, rotating, validating


class Together(Kind):
    """A division of utterances at random, in which speakers are shared.

    Attributes:
        stratified: whether every part has its share of each label.
        random_state: the seed of the shuffle, so that all runs divide in the same way.
    """

    stratified: bool
    random_state: Annotated[int, Field(ge=0, lt=2**32)]


class RandomFolds(Together):
    """Utterances dealt into groups at random; each group is the test set once.

    Attributes:
        count: how many groups.
        validation: "next" for the group after the test set's, or a share of what is not tested.
    """

    kind: Literal["random-folds"]
    count: Annotated[int, Field(ge=2)]
    validation: Validation

    @field_validator("validation")
    @classmethod
    def _leaves_training(cls, validation: str | float, info: ValidationInfo) -> str | float:
        if validation == "next" and info.data.get("count", 3) < 3:
            raise ValueError("with two folds nothing is left to train on; give a share")
        return validation

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return self.count

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return validating(
            rotating(f"of {self.count} groups of utterances, {_drawn(self)},"),
            self.validation,
            _drawn(self),
        )


class RandomSplit(Together):
    """Utterances drawn once at random.

    Attributes:
        test: share of all utterances.
        validation: share of those not in the test set.
    """

    kind: Literal["random-split"]
    test: Share
    validation: Share

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return 1

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return {
            "train": "the rest",
            "validation": f"{self.validation:.0%} of the other utterances, {_drawn(self)}",
            "test": f"{self.test:.0%} of the utterances, {_drawn(self)}",
        }


def _drawn(division: Together) -> str:
    how = STRATIFIED if division.stratified else "not stratified"
    return f"{how} (random_state {division.random_state})"
