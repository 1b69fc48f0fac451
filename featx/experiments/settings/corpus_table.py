"""The table of a corpus in an experiment's file."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from classifiers.settings import PositiveFinite
from featx.data.choices import CorpusName
from featx.data.corpora import CORPORA
from featx.protocols.choices import TaskKind
from featx.utils.arguments import as_list
from featx.utils.config import Place, Schema
from featx.utils.text import nearest

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
