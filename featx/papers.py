"""Published results as TOML: what a paper ran, and what it got."""

import difflib
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from featx.config import Schema, read_config, shipped_config
from featx.errors import FeatxError

Cell = tuple[NonNegativeFloat, NonNegativeFloat]  # mean and deviation, in percent


class PaperCorpus(Schema):
    """A corpus that a paper uses.

    Attributes:
        title: as the paper calls it.
        options: of `featx manifest`.
        protocol: which utterances under which labels, and how they are divided.
        seconds: of each utterance's beginning that heads see.
        max_seconds: of each utterance's beginning that are extracted.
    """

    title: str
    options: dict[str, str]
    protocol: str
    seconds: PositiveFloat
    max_seconds: PositiveFloat


class Row(Schema):
    """A system of a paper.

    Attributes:
        tables: the paper's tables that have it.
        system: what it is, for tables.
        models: whose features; several for fusion.
        layers: of encoders.
        head: its name.
        normalize: how features are standardised.
        paper: UAR by corpus.
    """

    tables: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    system: str
    models: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: str = "all"
    head: str
    normalize: Literal["speaker", "global", "none"]
    paper: dict[str, Cell]


class Paper(Schema):
    """A file of `configs/papers/`.

    Attributes:
        title: authors, year and title.
        seeds: how often each system was trained.
        changes: settings that differ from the shipped heads', as `featx fit --set` takes them.
        variants: further settings, by name, where paper and code do not agree.
        corpora: by their name in `featx manifest`.
        rows: the systems.
    """

    title: str
    seeds: PositiveInt
    changes: tuple[str, ...] = ()
    variants: Annotated[dict[str, tuple[str, ...]], Field(min_length=1)]
    corpora: Annotated[dict[str, PaperCorpus], Field(min_length=1)]
    rows: tuple[Row, ...]

    @field_validator("rows")
    @classmethod
    def _distinct(cls, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        names = [row.system for row in rows]
        if len(set(names)) < len(names):
            raise ValueError("two rows have the same system")
        return rows


def paper_names() -> list[str]:
    """Return the papers that featx reproduces."""
    return sorted(path.stem for path in shipped_config("papers").glob("*.toml"))


def read_paper(name: str) -> Paper:
    """Read a paper's results.

    Raises:
        FeatxError: if there is no such paper.
    """
    if name not in paper_names():
        nearest = difflib.get_close_matches(name, paper_names(), n=1)
        hint = f"Did you mean {nearest[0]}? " if nearest else ""
        raise FeatxError(f"{name}: no such paper. {hint}There is {', '.join(paper_names())}.")
    return read_config(shipped_config(f"papers/{name}.toml"), Paper)
