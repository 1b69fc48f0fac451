"""An experiment as TOML: corpora, features, heads, fine-tunings, votes and a report."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PositiveInt, model_validator

from featx.experiments.settings.corpus_table import Corpus
from featx.experiments.settings.tables import Features, Finetuning, Head, Report, Vote
from featx.utils.config import ConfigError, Schema, read_config
from featx.utils.text import nearest

_PLAIN = r"\w[\w.-]*"  # what can be part of a file's name
Name = Annotated[str, Field(pattern=f"^{_PLAIN}$")]


class Experiment(Schema):
    """A file that `featx.run` runs: systems on corpora, and a report on all of them.

    Attributes:
        name: how the names of its runs begin; by default the file's name.
        title: what the experiment is, for people.
        seeds: how many models to train for each fold, where a system does not say otherwise.
        corpora: the corpora by name.
        features: the features to extract of every corpus, by name. Models that heads name need
            no table here unless they have options.
        heads: the heads by name.
        finetunings: the fine-tuned encoders by name.
        votes: the votes by name.
        report: where the report goes.
    """

    name: Annotated[str, Field(pattern=f"^({_PLAIN})?$")] = ""
    title: str = ""
    seeds: PositiveInt = 1
    corpora: Annotated[dict[Name, Corpus], Field(min_length=1)]
    features: dict[Name, Features] = Field(default_factory=dict)
    heads: dict[Name, Head] = Field(default_factory=dict)
    finetunings: dict[Name, Finetuning] = Field(default_factory=dict)
    votes: dict[Name, Vote] = Field(default_factory=dict)
    report: Report = Report()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [*self.heads, *self.finetunings, *self.votes]
        if not self.heads and not self.finetunings:
            raise ValueError("no system: add a table [heads.NAME] or [finetunings.NAME]")
        _refuse_twice("name of a system", names)
        own = {name: corpus for name, corpus in self.corpora.items() if not corpus.is_joined}
        stems = [(corpus.path or Path(f"{name}.csv")).stem for name, corpus in own.items()]
        _refuse_twice("name of a manifest", stems)
        for name in self.corpora:
            for member in self.members(name):
                if member not in own:
                    raise ValueError(
                        f"corpora.{name}: {member} is no corpus with a manifest; "
                        f"{nearest(member, own)}"
                    )
        return self

    def members(self, corpus: str) -> tuple[str, ...]:
        """Return the corpora that one is made of, those that are tested first; or itself."""
        joined = self.corpora[corpus]
        return (*joined.test, *joined.train) if joined.is_joined else (corpus,)

    @property
    def systems(self) -> dict[str, Head | Finetuning]:
        """The heads and then the fine-tunings, by name: all that is trained."""
        return {**self.heads, **self.finetunings}

    def kind(self, system: str) -> str:
        """Return the table that a system or vote stands in: heads, finetunings or votes."""
        kinds = ("heads", "finetunings", "votes")
        return next(kind for kind in kinds if system in getattr(self, kind))

    @property
    def page(self) -> Path:
        """The path of the report."""
        return self.report.out or Path("reports") / f"{self.name}.html"


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is the {what} twice; runs and features go by it")


def read_experiment(path: Path) -> Experiment:
    """Read an experiment.

    Raises:
        ConfigError: if the file can't be used, naming every problem in it.
    """
    experiment = read_config(path, Experiment)
    if not experiment.name and not re.fullmatch(_PLAIN, path.stem):
        raise ConfigError(
            f"{path}: names of runs can't begin with {path.stem!r}, only with letters, digits, _, "
            '. and -: give name = "...", which takes its place.'
        )
    return experiment.model_copy(update={"name": experiment.name or path.stem})
