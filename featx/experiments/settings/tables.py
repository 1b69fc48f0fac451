"""The tables of an experiment's file: features, heads, fine-tunings, votes, report."""

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

from featx.experiments.settings.corpus_table import Words
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Precision, TooLong, Window
from featx.features.planning.length import MAX_SECONDS
from featx.finetuning.choices import HeadKind, Mode, Pooling, Save, SelectOn
from featx.fitting.choices import Normalize
from featx.tuning.config import InnerFolds
from featx.utils.config import Schema
from featx.voting.choices import BestBy, Rule, TieRule


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
