"""The ways to divide a corpus into training, validation and test, as tables of a TOML."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from featx.utils.config import Schema

Share = Annotated[float, Field(gt=0, lt=1)]
Column = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]

BY_SPEAKER = ("session", "speaker")  # columns of which no value shares speakers with another
_STRATIFIED = "stratified by label"


class Kind(Schema):
    """What every division has."""

    @property
    def apart(self) -> tuple[str, ...]:
        """The columns, beside the speaker's, of which no value is both tested and learned from."""
        return ()

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return False

    @property
    def tests_new_speakers(self) -> bool:
        """Whether no speaker who is tested may be in another part."""
        return self.speakers_disjoint


class Apart(Kind):
    """A division that keeps the speakers of training, validation and test apart."""

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return True


class Together(Kind):
    """A division of utterances at random, in which speakers are shared.

    Attributes:
        stratified: whether every part has its share of each label.
        random_state: the seed of the shuffle, so that all runs divide in the same way.
    """

    stratified: bool
    random_state: Annotated[int, Field(ge=0, lt=2**32)]


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


class SpeakerGroups(Kind):
    """Named groups of speakers, together all there are; each group is the test set once.

    Attributes:
        groups: the speakers of each.
        validation: "next" for the group after the test set's, or a share of what is not tested,
            drawn stratified by label, whose speakers are trained on.
    """

    kind: Literal["speaker-groups"]
    groups: Annotated[tuple[Names, ...], Field(min_length=3)]
    validation: Literal["next"] | Share = "next"

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
        parts = _rotating("group of speakers")
        if self.validation != "next":
            parts["validation"] = f"{self.validation:.0%} of the other utterances, {_STRATIFIED}"
        return {**parts, "groups": "; ".join(", ".join(group) for group in self.groups)}


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
    validation: Literal["next"] | Share = "next"

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
        parts = _rotating(self.by)
        if self.validation != "next":
            parts["validation"] = f"{self.validation:.0%} of the other utterances, {_STRATIFIED}"
        return parts


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


class ManifestSplit(Kind):
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


class Corpora(Kind):
    """Some manifests train and validate, others are the test set.

    Attributes:
        train: names of the manifests that are learned from.
        test: names of those that are tested.
        count: how many groups speakers are dealt into, corpora and sexes in turn. The first of
            those who are learned from validates.
        fold_speakers: whether the manifests share speakers, and each group in turn is tested where
            it is in a test manifest; the next group validates and all speakers who are not tested
            train where they are in a training manifest.
        speaker_dependent: whether the parts may share speakers; a share of the utterances, 1 to
            `count`, stratified by label, then validates.
    """

    kind: Literal["corpora"]
    train: Names
    test: Names
    count: Annotated[int, Field(ge=2)]
    fold_speakers: bool = False
    speaker_dependent: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        both = [name for name in self.train if name in self.test]
        if both:
            raise ValueError(f"{', '.join(both)} can't be both learned from and tested whole")
        if self.fold_speakers and self.speaker_dependent:
            raise ValueError("fold_speakers keeps speakers apart, speaker_dependent does not")
        if self.fold_speakers and self.count < 3:
            raise ValueError("fold_speakers takes 3 groups: test, validation and training")
        return self

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return not self.speaker_dependent

    @property
    def folds(self) -> int | None:
        """How many folds it makes."""
        return self.count if self.fold_speakers else 1

    def describe(self) -> dict[str, str]:
        """Return what is in each part."""
        learned, tested = " and ".join(self.train), " and ".join(self.test)
        if self.fold_speakers:
            groups = f"of {self.count} groups of the speakers of all corpora"
            return {
                "train": f"those of {learned} who are not tested",
                "validation": f"the next group, in {learned}",
                "test": f"each {groups} in turn, in {tested}",
            }
        what = "utterances, stratified by label" if self.speaker_dependent else "speakers"
        return {
            "train": f"the rest of {learned}",
            "validation": f"one in {self.count} {what}, of {learned}",
            "test": f"all of {tested}",
        }


Division = Annotated[
    Speakers
    | SpeakerFolds
    | SpeakerGroups
    | LeaveOneOut
    | Crossed
    | RandomFolds
    | RandomSplit
    | ManifestSplit
    | Corpora,
    Field(discriminator="kind"),
]


def _rotating(groups: str) -> dict[str, str]:
    return {"train": "the others", "validation": "the next", "test": f"each {groups} in turn"}


def _listed(names: Sequence[str]) -> str:
    return f"speakers {', '.join(names)}"


def _drawn(division: Together) -> str:
    how = _STRATIFIED if division.stratified else "not stratified"
    return f"{how} (random_state {division.random_state})"
