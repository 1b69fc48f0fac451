"""An experiment as TOML: corpora, features, heads, fine-tunings, votes and a report."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from classifiers.settings import PositiveFinite
from featx.data.choices import CorpusName
from featx.data.corpora import CORPORA
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Precision, TooLong, Window
from featx.features.plan import MAX_SECONDS
from featx.finetuning.choices import HeadKind, Mode, Pooling, Save, SelectOn
from featx.fitting.choices import Normalize
from featx.utils.config import ConfigError, Place, Schema, read_config
from featx.utils.text import nearest
from featx.voting.choices import BestBy, Rule, TieRule

_PLAIN = r"\w[\w.-]*"  # what can be part of a file's name
Name = Annotated[str, Field(pattern=f"^{_PLAIN}$")]


class Corpus(Schema):
    """Where utterances come from, and how they are divided.

    Attributes:
        path: a manifest that is there. Without it, the corpus is listed in NAME.csv, which takes
            the next seven keys.
        corpus: the corpus's name in `featx manifest`.
        root: the corpus's folder.
        options: the options of `featx manifest` for this corpus, such as channel.
        labels: the labels to keep after merging; all if empty.
        merge: labels to rename, each to its new name.
        mapping: the name of a mapping of labels, which comes after merging; empty for none.
        scale: what samples are divided by in files of floating-point numbers that hold integers.
        protocols: the protocols under which every system runs; if there is none, the manifest's
            split or five folds divide the corpus.
        seconds: how many seconds of each utterance's beginning the models see.
        keep_duplicates: whether the same sound may be in two parts of a fold.
    """

    path: Place | None = None
    corpus: Literal["", CorpusName] = ""
    root: Path | None = None
    options: dict[str, str | dict[str, str]] = Field(default_factory=dict)
    labels: tuple[str, ...] = ()
    merge: dict[str, str] = Field(default_factory=dict)
    mapping: str = ""
    scale: PositiveFinite | None = None
    protocols: tuple[str, ...] = ()
    seconds: PositiveFloat = math.inf
    keep_duplicates: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        listing = ("corpus", "root", "options", "labels", "merge", "mapping", "scale")
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
        for name, value in self.options.items():
            if name not in known:
                raise ValueError(
                    f"options.{name}: no option of {self.corpus}; {nearest(name, known)}"
                )
            if name != "columns" and not isinstance(value, str):
                raise ValueError(f"options.{name}: must be a text; a table is for columns alone")
        return self


class Features(Schema):
    """Features to extract, with the arguments of `featx.extract`.

    Attributes:
        model: a short name, Hub id or local folder; by default the name of the table.
        precision: what the encoder computes in. If empty, the precision of the features that are
            there already, or else float32. "auto" lets a timing decide, once a machine: on
            another, scores may differ a little.
    """

    model: str = ""
    revision: str | None = None
    layers: str | None = None
    window: Annotated[Window, BeforeValidator(str)] = "30"  # which may be written as a number
    normalize_waveform: NormalizeWaveform | None = None
    pool: Pool | None = None
    frames: PositiveInt | None = None
    dtype: Dtype | None = None
    compress: bool = False
    precision: Literal["", Precision] = ""
    device: str = "auto"
    devices: str = "1"
    batch_seconds: PositiveFloat | None = None
    max_seconds: PositiveFloat = MAX_SECONDS
    too_long: TooLong = "refuse"


class System(Schema):
    """The keys that heads and fine-tunings share.

    Attributes:
        settings: settings that differ from the shipped ones, such as "training.epochs=50".
        seeds: how many models to train for each fold; by default as many as the experiment says.
        corpora: the corpora on which the system runs; all if empty.
        protocols: the protocols under which the system runs; all if empty.
    """

    settings: tuple[str, ...] = ()
    seeds: PositiveInt | None = None
    corpora: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()


class Head(System):
    """A head on stored features, with the arguments of `featx.fit`.

    Attributes:
        head: a shipped head's name, or the path of a TOML like the shipped ones.
        features: names of tables under `features`, or of models; several for fusion.
        final: whether one more head for each seed is trained on all utterances.
    """

    head: str
    features: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: str = "all"
    normalize: Normalize = "global"
    final: bool = False
    device: str = "cpu"


class Finetuning(System):
    """A fine-tuned encoder, with the arguments of `featx.finetune`."""

    model: str
    revision: str = ""
    normalize_waveform: NormalizeWaveform | None = None
    mode: Mode = "full"
    head: HeadKind = "linear"
    pooling: Pooling = "mean"
    select_on: SelectOn = "validation"
    save: Save = "best"
    track: tuple[str, ...] = ()
    device: str = "auto"


class Vote(Schema):
    """A vote, with the arguments of `featx.vote`.

    Attributes:
        systems: names of heads, fine-tunings, and votes that stand above this one.
    """

    systems: Annotated[tuple[str, ...], Field(min_length=1)]
    rule: Rule = "hard"
    tie: TieRule = "auto"
    search: tuple[PositiveInt, ...] = ()
    select_on: SelectOn = "validation"
    best_by: BestBy = "uar"
    at_least: PositiveFloat | None = None
    over_seeds: bool = False


class Report(Schema):
    """The report on all systems.

    Attributes:
        out: the page, beside which its tables are written; by default reports/NAME.html.
    """

    out: Path | None = None


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
        stems = [(corpus.path or Path(f"{name}.csv")).stem for name, corpus in self.corpora.items()]
        _refuse_twice("name of a manifest", stems)
        return self

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
