"""Divisions by what manifests say: their split column, or which of several they are."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from featx.protocols.divisions.kind import Kind, Names


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
