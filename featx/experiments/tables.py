"""The tables of an experiment's file: corpora, features, heads, fine-tunings, votes, report."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from classifiers.settings import PositiveFinite
from featx.data.choices import CorpusName
from featx.data.corpora import CORPORA
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Precision, TooLong, Window
from featx.features.plan import MAX_SECONDS
from featx.finetuning.choices import HeadKind, Mode, Pooling, Save, SelectOn
from featx.fitting.choices import Normalize
from featx.protocols.choices import TaskKind
from featx.tuning.config import InnerFolds
from featx.utils.arguments import as_list
from featx.utils.config import Place, Schema
from featx.utils.text import nearest
from featx.voting.choices import BestBy, Rule, TieRule

FOLDS = 5  # the default of `featx.fit` where there is no protocol

Words = Annotated[tuple[str, ...], BeforeValidator(as_list)]  # also written as a single one


class Corpus(Schema):
    """Where utterances come from, what is learned of them, and how they are divided.

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
        train: names of other corpora, which heads learn from while `test` is tested whole; in
            place of all keys above.
        test: names of the corpora that are tested.
        fold_speakers: whether `train` and `test` share speakers, who are then folded.
        protocols: the protocols under which every system runs; if there is none, the manifest's
            split or folds divide the corpus.
        folds: how many folds there are then.
        target: what is learned in place of the label: a column, or several of numbers.
        task: how it is learned; by default the columns decide.
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
    train: Words = ()
    test: Words = ()
    fold_speakers: bool = False
    protocols: tuple[str, ...] = ()
    folds: PositiveInt = FOLDS
    target: Words = ()
    task: TaskKind | None = None
    seconds: PositiveFloat = math.inf
    keep_duplicates: bool = False

    @property
    def is_joined(self) -> bool:
        """Whether it is made of other corpora, some to learn from and some to test."""
        return bool(self.train or self.test)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        listing = ("corpus", "root", "options", "labels", "merge", "mapping", "scale")
        given = [key for key in listing if getattr(self, key)]
        if self.is_joined:
            self._check_joined(["path"] * (self.path is not None) + given)
        elif self.fold_speakers:
            raise ValueError("fold_speakers goes with train and test; leave it out")
        elif self.path is not None and given:
            raise ValueError(f"path is a manifest that is there: leave out {', '.join(given)}")
        elif self.path is None and not (self.corpus and self.root):
            raise ValueError(
                "give path, a manifest's; or corpus and root, to list a corpus; or train and test, "
                "to learn from some corpora and test others"
            )
        if len(set(self.protocols)) < len(self.protocols):
            raise ValueError("a protocol is named twice")
        if self.protocols and "folds" in self.model_fields_set and not self.is_joined:
            raise ValueError("protocols say how to divide: leave out folds")
        return self

    def _check_joined(self, given: Sequence[str]) -> None:
        if given:
            raise ValueError(f"train and test name corpora that are there: leave out {given[0]}")
        if not self.train or not self.test:
            raise ValueError("train and test go together: give names of corpora for each")
        names = [*self.train, *self.test]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]} is named twice in train and test")

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
        copies: how many augmented copies there are of each utterance, where a head learns from
            some.
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
    copies: PositiveInt = 1


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

    @property
    def takes_joined(self) -> bool:
        """Whether it can learn from some corpora and be tested on others."""
        return False


class Search(Schema):
    """A search of a head's settings, with the arguments of `featx.tune`."""

    space: str = ""
    trials: PositiveInt = 30
    inner_folds: InnerFolds = 3
    seed: NonNegativeInt = 0


class Head(System):
    """A head on stored features, with the arguments of `featx.fit`.

    Attributes:
        head: a shipped head's name, or the path of a TOML like the shipped ones.
        features: names of tables under `features`, or of models; several for fusion.
        augmented: the preset, or the path of a TOML, of augmented copies to learn from too; their
            features are extracted as well.
        tune: how its settings are searched, in each fold anew; without it they are not.
        final: whether one more head for each seed is trained on all utterances.
    """

    head: str
    features: Annotated[tuple[str, ...], Field(min_length=1)]
    augmented: str = ""
    layers: str = "all"
    normalize: Normalize = "global"
    tune: Search | None = None
    final: bool = False
    device: str = "cpu"

    @model_validator(mode="after")
    def _tuned_alone(self) -> Self:
        if self.tune and (self.final or self.augmented):
            given = "final" if self.final else "augmented"
            raise ValueError(f"a search knows no {given}: leave it out, or tune")
        return self

    @property
    def takes_joined(self) -> bool:
        """Whether it can learn from some corpora and be tested on others."""
        return not self.augmented and self.tune is None


class Finetuning(System):
    """A fine-tuned encoder, with the arguments of `featx.finetune`.

    Attributes:
        augment: the preset, or the path of a TOML, by which training utterances are changed.
    """

    model: str
    revision: str = ""
    normalize_waveform: NormalizeWaveform | None = None
    mode: Mode = "full"
    head: HeadKind = "linear"
    pooling: Pooling = "mean"
    augment: str = ""
    select_on: SelectOn = "validation"
    save: Save = "best"
    track: tuple[str, ...] = ()
    device: str = "auto"


class Vote(Schema):
    """A vote, with the arguments of `featx.vote`.

    Attributes:
        systems: names of heads, fine-tunings, and votes that stand above this one.
        rule: how votes count; by default it follows from what systems predict, as in `featx.vote`.
    """

    systems: Annotated[tuple[str, ...], Field(min_length=1)]
    rule: Rule | None = None
    tie: TieRule = "auto"
    search: tuple[PositiveInt, ...] = ()
    select_on: SelectOn = "validation"
    best_by: BestBy = "uar"
    at_least: PositiveFloat | None = None
    over_seeds: bool = False


class Report(Schema):
    """The report on all systems.

    Attributes:
        out: the page, next to which its tables are written; by default reports/NAME.html.
        by: columns of the manifests, such as "age", by whose values systems are scored too.
    """

    out: Path | None = None
    by: Words = ()
