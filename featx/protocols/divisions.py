"""The ways to divide a corpus into training, validation and test, as tables of a TOML."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from featx.utils.config import Schema

Share = Annotated[float, Field(gt=0, lt=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Apart(Schema):
    """A division that keeps the speakers of training, validation and test apart."""

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return True


class Together(Schema):
    """A division of utterances at random, in which speakers are shared.

    Attributes:
        stratified: whether every part has its share of each label.
        random_state: the seed of the shuffle, so that all runs divide in the same way.
    """

    stratified: bool
    random_state: Annotated[int, Field(ge=0, lt=2**32)]

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return False


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
        return _rotating(f"of {self.count} groups of speakers, sexes balanced,")


class LeaveOneOut(Apart):
    """Each session or speaker is the test set once."""

    kind: Literal["leave-one-out"]
    by: Literal["session", "speaker"]

    @property
    def folds(self) -> int | None:
        """None: the corpus decides, with one fold for each session or speaker."""
        return None

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return _rotating(self.by)


class RandomFolds(Together):
    """Utterances dealt into groups at random; each group is the test set once.

    Attributes:
        count: how many groups.
        validation: "next" for the group after the test set's, or a share of what is not tested.
    """

    kind: Literal["random-folds"]
    count: Annotated[int, Field(ge=2)]
    validation: Literal["next"] | Share

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
        parts = _rotating(f"of {self.count} groups of utterances, {_drawn(self)},")
        if self.validation != "next":
            parts["validation"] = f"{self.validation:.0%} of the other utterances, {_drawn(self)}"
        return parts


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


class ManifestSplit(Schema):
    """What the manifest's split column says.

    Attributes:
        speaker_dependent: whether the parts may share speakers.
    """

    kind: Literal["manifest-split"]
    speaker_dependent: bool = False

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return not self.speaker_dependent

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return 1

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        return {part: f"split = {part} in the manifest" for part in ("train", "validation", "test")}


Division = Annotated[
    Speakers | SpeakerFolds | LeaveOneOut | RandomFolds | RandomSplit | ManifestSplit,
    Field(discriminator="kind"),
]


def _rotating(groups: str) -> dict[str, str]:
    return {"train": "the others", "validation": "the next", "test": f"each {groups} in turn"}


def _listed(names: Sequence[str]) -> str:
    return f"speakers {', '.join(names)}"


def _drawn(division: Together) -> str:
    how = "stratified by label" if division.stratified else "not stratified"
    return f"{how} (random_state {division.random_state})"
