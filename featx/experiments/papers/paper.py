"""Published results as TOML: what a paper ran, and what it got."""

import math
import re
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from featx.data.choices import CorpusName
from featx.errors import FeatxError
from featx.experiments.papers.published import Published, Reference, References
from featx.finetuning.choices import Mode
from featx.fitting.choices import Normalize
from featx.utils.config import Schema, read_config, shipped_config, shipped_names
from featx.utils.text import nearest
from featx.voting.choices import Rule


class PaperCorpus(Schema):
    """A corpus that a paper uses, divided in one way.

    Attributes:
        title: the corpus's name in the paper.
        corpus: the corpus's name in `featx manifest`; by default its name in the paper's file.
        listed_as: another of the paper's corpora whose manifest, and so whose features, it shares;
            by default it has a manifest of its own.
        options: the options of `featx manifest` for the corpus.
        protocol: which utterances are used under which labels, and how they are divided.
        seconds: how much of each utterance's beginning the systems use.
        max_seconds: how much of each utterance's beginning is extracted.
    """

    title: str
    corpus: Literal["", CorpusName] = ""
    listed_as: str = ""
    options: dict[str, str]
    protocol: str
    seconds: PositiveFloat = math.inf
    max_seconds: PositiveFloat = 60.0


class Variant(Schema):
    """Settings under which a paper's systems run.

    Attributes:
        about: what sets them apart, a sentence that is printed below the tables.
        settings: settings that differ from the shipped ones, as `settings` of a system.
        models: acoustic features that take the place of those that the rows name, by their name.
    """

    about: str = ""
    settings: tuple[str, ...] = ()
    models: dict[str, str] = Field(default_factory=dict)


class Row(Schema):
    """A system of a paper.

    Attributes:
        tables: the numbers of the paper's tables that show the system, if they are known.
        system: the system's name in our tables.
        printed_as: the system's name in the paper, where ours says more.
        corpora: the paper's corpora on which the system runs; all if empty.
        paper: what the paper prints of it, by corpus, where that is known.
    """

    tables: tuple[PositiveInt, ...] = ()
    system: str
    printed_as: str = ""
    corpora: tuple[str, ...] = ()
    paper: dict[str, Published] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The system's name in the names of its runs."""
        return re.sub(r"\W+", "-", self.system).strip("-").lower()


class HeadRow(Row):
    """A head on stored features.

    Attributes:
        models: the models whose features the head takes; several for fusion.
        layers: which layers of an encoder the head takes.
        head: the head's name.
        normalize: how features are standardised.
    """

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: str = "all"
    head: str
    normalize: Normalize


class TunedRow(Row):
    """A fine-tuned encoder, which is a file of `configs/papers/PAPER/`.

    Attributes:
        model: the encoder.
        mode: which weights are trained.
    """

    model: str
    mode: Mode


class VoteRow(Row):
    """A vote of fine-tuned encoders.

    Attributes:
        members: the encoders of the rows that vote, in their order.
        rule: how votes count.
    """

    members: Annotated[tuple[str, ...], Field(min_length=2)]
    rule: Rule


AnyRow = HeadRow | TunedRow | VoteRow


class Paper(Schema):
    """A file of `configs/papers/`: systems on corpora, with the published figures beside them.

    Attributes:
        title: the paper's authors, year and title.
        metric: which score the paper's figures are: "uar" or "wa".
        seeds: how often each system is trained.
        hardware: what the paper's times were measured on.
        ours: what the paper leaves open and we had to choose, a sentence for each choice.
        changes: settings that differ from the shipped ones, as `settings` of a system.
        variants: the settings under which the systems run, by name, for where the paper and its
            code do not agree, or where the paper's way is to stand beside ours.
        corpora: the corpora by name, each with its division.
        rows: the systems; fine-tuned ones have a file each in `configs/papers/PAPER/`.
        votes: votes of the systems.
        references: figures of others that the paper lists beside its own.
    """

    title: str
    metric: Literal["uar", "wa"] = "uar"
    seeds: PositiveInt
    hardware: str = ""
    ours: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    variants: Annotated[dict[str, Variant], Field(min_length=1)]
    corpora: Annotated[dict[str, PaperCorpus], Field(min_length=1)]
    rows: tuple[HeadRow | TunedRow, ...] = ()
    votes: tuple[VoteRow, ...] = ()
    references: tuple[Reference, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [row.name for row in self.systems]
        if len(set(names)) < len(names):
            raise ValueError("two rows have the same system")
        named = [name for row in self.systems for name in (*row.corpora, *row.paper)]
        named += [corpus.listed_as for corpus in self.corpora.values() if corpus.listed_as]
        for name in named:
            if name not in self.corpora:
                raise ValueError(f"{name}: no such corpus; {nearest(name, self.corpora)}")
        return self

    @property
    def systems(self) -> tuple[AnyRow, ...]:
        """The rows and then the votes on them: all that is compared."""
        return (*self.rows, *self.votes)

    def on(self, corpus: str) -> tuple[AnyRow, ...]:
        """Return the systems that run on one of the corpora."""
        return tuple(row for row in self.systems if not row.corpora or corpus in row.corpora)

    def source_of(self, corpus: str) -> str:
        """Return the name that one of the corpora has in `featx manifest`."""
        return self.corpora[corpus].corpus or corpus

    def members(self, vote: VoteRow) -> list[TunedRow]:
        """Return the rows that a vote names, in its order.

        Raises:
            FeatxError: if there is no row of an encoder that it names.
        """
        rows = {row.model: row for row in self.rows if isinstance(row, TunedRow)}
        for model in vote.members:
            if model not in rows:
                raise FeatxError(f"{vote.system}: no row of {model}; {nearest(model, rows)}")
        return [rows[model] for model in vote.members]


def paper_names() -> list[str]:
    """Return the papers that featx reproduces."""
    return shipped_names("papers")


def read_paper(name: str) -> Paper:
    """Read a paper's systems and figures.

    Raises:
        FeatxError: if there is no such paper.
    """
    if name not in paper_names():
        raise FeatxError(f"{name}: no such paper; {nearest(name, paper_names())}")
    paper = read_config(shipped_config(f"papers/{name}.toml"), Paper)
    files = sorted(shipped_config("papers").glob(f"{name}/*.toml"))
    tuned = [read_config(file, TunedRow) for file in files]
    # checked again: rows and votes must fit together
    return Paper.model_validate(dict(paper) | {"rows": (*paper.rows, *tuned)})


def references_of(paper: Paper) -> tuple[Reference, ...]:
    """Return the figures of others: those on the paper's corpora, and those that it lists."""
    corpora = {paper.source_of(name) for name in paper.corpora}
    shared = read_config(shipped_config("references.toml"), References).references
    return (*(ref for ref in shared if ref.corpus in corpora), *paper.references)
