"""What is learned of each utterance."""

from typing import Annotated

from pydantic import Field, field_validator

from featx.protocols.choices import TaskKind
from featx.utils.config import Schema


class Target(Schema):
    """The table `[target]` of a protocol.

    Attributes:
        columns: the manifest's columns; "label" is the emotion under the protocol's labels.
        task: how they are learned; decided from what the columns hold if None.
    """

    columns: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] = (
        "label",
    )
    task: TaskKind | None = None

    @field_validator("columns")
    @classmethod
    def _once(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        for column in columns:
            if columns.count(column) > 1:
                raise ValueError(f"{column} is named twice")
        return columns

    @property
    def name(self) -> str:
        """What runs are called by it; empty if labels are learned as classes."""
        task = self.task if self.task in ("distribution", "multilabel") else ""
        return "-".join(filter(None, ("" if self.is_label else "+".join(self.columns), task)))

    @property
    def is_label(self) -> bool:
        """Whether the protocol's labels are learned."""
        return self.columns == ("label",)
