"""Published results as TOML: what a paper ran, and what it got."""

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from featx.data.choices import CorpusName
from featx.errors import FeatxError
from featx.experiments.config import Experiment
from featx.features.encoders.checkpoints import store_name
from featx.finetuning.choices import Mode
from featx.fitting.choices import Normalize
from featx.utils.config import Schema, check_config, read_config, shipped_config
from featx.utils.text import nearest

# mean in percent and, if the paper tells it, deviation over seeds
Cell = Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1, max_length=2)]


class PaperCorpus(Schema):
    """A corpus that a paper uses, divided in one way.

    Attributes:
        title: the corpus's name in the paper.
        corpus: the corpus's name in `featx manifest`; by default its name in the paper's file.
        options: the options of `featx manifest` for the corpus.
        protocol: which utterances are used under which labels, and how they are divided.
        seconds: how much of each utterance's beginning the systems use.
        max_seconds: how much of each utterance's beginning is extracted.
    """

    title: str
    corpus: Literal["", CorpusName] = ""
    options: dict[str, str]
    protocol: str
    seconds: PositiveFloat = math.inf
    max_seconds: PositiveFloat = 60.0


class Row(Schema):
    """A system of a paper.

    Attributes:
        tables: the numbers of the paper's tables that show the system, if they are known.
        system: the system's name in our tables.
        paper: the paper's figure on each corpus where it is known.
    """

    tables: tuple[PositiveInt, ...] = ()
    system: str
    paper: dict[str, Cell] = Field(default_factory=dict)

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

    def to_system(self, settings: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        """Return the table of an experiment that this row is an entry of, and the entry."""
        return "heads", {
            "head": self.head,
            "features": [store_name(model) for model in self.models],
            "layers": self.layers,
            "normalize": self.normalize,
            "settings": settings,
        }


class TunedRow(Row):
    """A fine-tuned encoder, which is a file of `configs/papers/PAPER/`.

    Attributes:
        model: the encoder.
        mode: which weights are trained.
    """

    model: str
    mode: Mode

    @property
    def models(self) -> tuple[str, ...]:
        """The encoder, in the form in which a head's row names its models."""
        return (self.model,)

    def to_system(self, settings: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        """Return the table of an experiment that this row is an entry of, and the entry."""
        entry = {"model": self.model, "mode": self.mode, "save": "none", "settings": settings}
        return "finetunings", entry


class Paper(Schema):
    """A file of `configs/papers/`: systems on corpora, with the published figures beside them.

    Attributes:
        title: the paper's authors, year and title.
        metric: which score the paper's figures are: "uar" or "wa".
        seeds: how often each system is trained.
        changes: settings that differ from the shipped ones, as `settings` of a system.
        variants: further settings by name, for where the paper and its code do not agree, or
            where the paper's way is to stand beside ours.
        corpora: the corpora by name, each with its division.
        rows: the systems; fine-tuned ones have a file each in `configs/papers/PAPER/`.
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


def paper_experiment(name: str, paper: Paper, corpus: str, root: Path) -> Experiment:
    """Return the experiment that runs every system of a paper on one of its corpora.

    Args:
        name: the paper's name.
        paper: the paper.
        corpus: the name of one of the paper's corpora.
        root: the folder that holds the corpus.

    Returns:
        An experiment with a system for each row and variant; `system_name` names them.

    Raises:
        ConfigError: if the paper's file says what no experiment can do.
    """
    entry = paper.corpora[corpus]
    listed = {
        "corpus": entry.corpus or corpus,
        "root": root,
        "options": entry.options,
        "protocols": [entry.protocol],
        "seconds": entry.seconds,
    }
    models = {store_name(model): model for row in paper.rows for model in row.models
              if isinstance(row, HeadRow)}  # fmt: skip
    cut = {"precision": "auto", "max_seconds": entry.max_seconds, "too_long": "trim"}
    table: dict[str, Any] = {
        "name": f"{name}-{corpus}",
        "title": paper.title,
        "seeds": paper.seeds,
        "corpora": {f"{name}-{corpus}": listed},
        "features": {store: {"model": model, **cut} for store, model in models.items()},
        "heads": {},
        "finetunings": {},
    }
    for row in paper.rows:
        for variant, changes in paper.variants.items():
            kind, system = row.to_system((*paper.changes, *changes))
            table[kind][system_name(row, variant)] = system
    return check_config(table, Experiment, name)


def system_name(row: Row, variant: str) -> str:
    """Return the name that a row under one of the paper's variants has in an experiment."""
    return f"{row.name}-{variant}"


def paper_names() -> list[str]:
    """Return the papers that featx reproduces."""
    return sorted(path.stem for path in shipped_config("papers").glob("*.toml"))


def read_paper(name: str) -> Paper:
    """Read a paper's systems and figures.

    Raises:
        FeatxError: if there is no such paper.
    """
    if name not in paper_names():
        raise FeatxError(f"{name}: no such paper; {nearest(name, paper_names())}")
    paper = read_config(shipped_config(f"papers/{name}.toml"), Paper)
    files = sorted(shipped_config("papers").glob(f"{name}/*.toml"))
    tuned = tuple(read_config(file, TunedRow) for file in files)
    return paper.model_copy(update={"rows": (*paper.rows, *tuned)})
