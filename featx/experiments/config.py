"""An experiment as TOML: corpora, features, heads, fine-tunings, votes and a report."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from featx.data.corpora import CORPORA
from featx.features.plan import MAX_SECONDS
from featx.finetuning.choices import HeadKind, Mode, Pooling, Save, SelectOn
from featx.utils.config import ConfigError, Schema, read_config
from featx.utils.text import nearest

_PLAIN = r"\w[\w.-]*"  # part of a file's name
Name = Annotated[str, Field(pattern=f"^{_PLAIN}$")]


class Corpus(Schema):
    """Where utterances come from, and how they are divided.

    Attributes:
        path: a manifest that is there; or a corpus is listed, in NAME.csv:
        corpus: as `featx manifest` calls it.
        root: the folder it lies in.
        options: of `featx manifest` for this corpus, such as channel.
        labels: those to keep, after merging; all if empty.
        merge: labels to rename, old to new.
        protocols: the systems run under each of them; without any, as `featx fit` does.
        seconds: of each utterance's beginning that models see.
    """

    path: Path | None = None
    corpus: Literal["", "ravdess", "iemocap", "emodb", "folder"] = ""
    root: Path | None = None
    options: dict[str, str] = Field(default_factory=dict)
    labels: tuple[str, ...] = ()
    merge: dict[str, str] = Field(default_factory=dict)
    protocols: tuple[str, ...] = ()
    seconds: PositiveFloat = math.inf

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        listing = ("corpus", "root", "options", "labels", "merge")
        given = [key for key in listing if getattr(self, key)]
        if self.path is not None and given:
            raise ValueError(f"path is a manifest that is there: leave out {', '.join(given)}")
        if self.path is None and not (self.corpus and self.root):
            raise ValueError("give path, a manifest's, or corpus and root, to list a corpus")
        if len(set(self.protocols)) < len(self.protocols):
            raise ValueError("a protocol is named twice")
        return self

    @model_validator(mode="after")
    def _known_options(self) -> Self:
        known = CORPORA[self.corpus].options if self.corpus else ()
        for name in self.options:
            if name not in known:
                raise ValueError(
                    f"options.{name}: no option of {self.corpus}; {nearest(name, known)}"
                )
        return self


class Features(Schema):
    """What is extracted, with the options of `featx extract`.

    Attributes:
        model: a short name, Hub id or local folder; by default the name of the table.
        precision: if empty that of features that are there, else float32; "auto" lets a timing
            decide, so that the scores may differ a little the next time.
        max_seconds: the longest utterance taken, and what becomes of longer ones: `too_long`.
    """

    model: str = ""
    revision: str | None = None
    layers: str | None = None
    dtype: Literal["float16", "float32"] | None = None
    precision: Literal["", "auto", "float32", "bfloat16", "float16"] = ""
    device: str = "auto"
    devices: str = "1"
    batch_seconds: PositiveFloat | None = None
    max_seconds: PositiveFloat = MAX_SECONDS
    too_long: Literal["refuse", "trim"] = "refuse"


class System(Schema):
    """What heads and fine-tunings share.

    Attributes:
        settings: changed ones, as `--set` takes them.
        seeds: of this system; by default the experiment's.
        corpora: on which it runs; all if empty.
        protocols: likewise.
    """

    settings: tuple[str, ...] = ()
    seeds: PositiveInt | None = None
    corpora: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()


class Head(System):
    """A head on stored features, with the options of `featx fit`.

    Attributes:
        head: its name, or a TOML like the shipped ones.
        features: names of tables under `features`, or models; several for fusion.
    """

    head: str
    features: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: str = "all"
    normalize: Literal["speaker", "global", "none"] = "global"
    device: str = "cpu"


class Finetuning(System):
    """A fine-tuned encoder, with the options of `featx finetune`."""

    model: str
    revision: str = ""
    mode: Mode = "full"
    head: HeadKind = "linear"
    pooling: Pooling = "mean"
    select_on: SelectOn = "validation"
    save: Save = "best"
    track: tuple[str, ...] = ()
    device: str = "auto"


class Vote(Schema):
    """A vote, with the options of `featx vote`.

    Attributes:
        systems: names of heads, fine-tunings, and votes that stand above.
    """

    systems: Annotated[tuple[str, ...], Field(min_length=1)]
    rule: Literal["hard", "soft", "weighted"] = "hard"
    tie: Literal["auto", "probability", "first"] = "auto"
    search: tuple[PositiveInt, ...] = ()
    over_seeds: bool = False


class Report(Schema):
    """The report.

    Attributes:
        out: the page; tables stand beside it. By default reports/NAME.html.
    """

    out: Path | None = None


class Experiment(Schema):
    """A file that `featx run` takes.

    Attributes:
        name: how its runs begin; by default the file's name.
        title: what it is, for people.
        seeds: models a fold, of each system that doesn't say otherwise.
        corpora: by name.
        features: what is extracted of every corpus, by name; models that heads name need no
            table here unless they have options.
        heads: by name.
        finetunings: likewise.
        votes: likewise.
        report: of all of them.
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
        stems = [(one.path or Path(f"{name}.csv")).stem for name, one in self.corpora.items()]
        _refuse_twice("name of a manifest", stems)
        return self

    @property
    def systems(self) -> dict[str, Head | Finetuning]:
        """All that is trained, by name, heads first."""
        return {**self.heads, **self.finetunings}

    def kind(self, system: str) -> str:
        """Return the table that holds a system or vote: heads, finetunings or votes."""
        kinds = ("heads", "finetunings", "votes")
        return next(kind for kind in kinds if system in getattr(self, kind))

    @property
    def page(self) -> Path:
        """The report."""
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
