"""What all ways to divide a corpus have in common."""

from typing import Annotated, Literal

from pydantic import Field

from featx.utils.config import Schema

Share = Annotated[float, Field(gt=0, lt=1)]
Column = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Validation = Literal["next"] | Share  # the group after the test set's, or a share of the others

BY_SPEAKER = ("session", "speaker")  # columns of which no value shares speakers with another
STRATIFIED = "stratified by label"


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


def rotating(groups: str) -> dict[str, str]:
    """Return what is in each part where groups take turns as the test set."""
    return {"train": "the others", "validation": "the next", "test": f"each {groups} in turn"}


def validating(
    parts: dict[str, str], validation: Validation, how: str = STRATIFIED
) -> dict[str, str]:
    """Return what is in each part, where a share may validate instead of the next group."""
    if validation == "next":
        return parts
    return {**parts, "validation": f"{validation:.0%} of the other utterances, {how}"}
