"""What is learned of each utterance."""

from typing import Annotated, Literal

from pydantic import Field

from featx.utils.config import Schema

TaskKind = Literal["classification"]
"""How a target is learned: a single class an utterance."""


class Target(Schema):
    """The table `[target]` of a protocol.

    Attributes:
        columns: the manifest's columns; "label" is the emotion under the protocol's labels.
        task: how they are learned.
    """

    columns: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] = (
        "label",
    )
    task: TaskKind = "classification"

    @property
    def is_label(self) -> bool:
        """Whether the protocol's labels are learned."""
        return self.columns == ("label",)
