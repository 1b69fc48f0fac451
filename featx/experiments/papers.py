"""Published results as TOML: what a paper ran, and what it got."""

import difflib
import math
import re
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from featx.errors import FeatxError
from featx.finetuning.choices import Mode
from featx.utils.config import Schema, read_config, shipped_config

# mean in percent and, if the paper tells it, deviation over seeds
Cell = Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1, max_length=2)]


class PaperCorpus(Schema):
    """A corpus that a paper uses, divided in one way.

    Attributes:
        title: as the paper calls it.
        corpus: its name in `featx manifest`; by default its name here.
        options: of `featx manifest`.
        protocol: which utterances under which labels, and how they are divided.
        seconds: of each utterance's beginning that models see.
        max_seconds: of each utterance's beginning that are extracted.
    """

    title: str
    corpus: str = ""
    options: dict[str, str]
    protocol: str
    seconds: PositiveFloat = math.inf
    max_seconds: PositiveFloat = 60.0


class Row(Schema):
    """A system of a paper.

    Attributes:
        tables: the paper's tables that have it, if they are known.
        system: what it is, for tables.
        paper: the paper's figure by corpus, where it is known.
    """

    tables: tuple[PositiveInt, ...] = ()
    system: str
    paper: dict[str, Cell] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its runs are called."""
        return re.sub(r"\W+", "-", self.system).strip("-").lower()


class HeadRow(Row):
    """A head on stored features.

    Attributes:
        models: whose features; several for fusion.
        layers: of encoders.
        head: its name.
        normalize: how features are standardised.
    """

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: str = "all"
    head: str
    normalize: Literal["speaker", "global", "none"]


class TunedRow(Row):
    """A fine-tuned encoder; a file of `configs/experiments/PAPER/`.

    Attributes:
        model: the encoder.
        mode: which weights train.
    """

    model: str
    mode: Mode

    @property
    def models(self) -> tuple[str, ...]:
        """The encoder, as other rows name theirs."""
        return (self.model,)


class Paper(Schema):
    """A file of `configs/papers/`.

    Attributes:
        title: authors, year and title.
        metric: what its figures are: "uar" or "wa".
        seeds: how often each system was trained.
        changes: settings that differ from the shipped ones, as `--set` takes them.
        variants: further settings, by name, where paper and code do not agree, or the paper's way
            beside ours.
        corpora: and their divisions.
        rows: heads; `configs/experiments/` has the fine-tuned systems, a file each.
    """

    title: str
    metric: Literal["uar", "wa"] = "uar"
    seeds: PositiveInt
    changes: tuple[str, ...] = ()
    variants: Annotated[dict[str, tuple[str, ...]], Field(min_length=1)]
    corpora: Annotated[dict[str, PaperCorpus], Field(min_length=1)]
    rows: tuple[HeadRow | TunedRow, ...] = ()

    @field_validator("rows")
    @classmethod
    def _distinct(cls, rows: tuple[HeadRow | TunedRow, ...]) -> tuple[HeadRow | TunedRow, ...]:
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
    paper = read_config(shipped_config(f"papers/{name}.toml"), Paper)
    files = sorted(shipped_config("experiments").glob(f"{name}/*.toml"))
    tuned = tuple(read_config(file, TunedRow) for file in files)
    return paper.model_copy(update={"rows": (*paper.rows, *tuned)})
