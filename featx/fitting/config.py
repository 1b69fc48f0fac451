"""Everything that determines a fit, as a config."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from classifiers.heads import HeadSettings
from classifiers.linear import LinearSettings
from classifiers.training import TrainingSettings
from featx.errors import FeatxError
from featx.fitting.choices import Normalize, head_names
from featx.protocols.divisions.manifests import Corpora
from featx.protocols.protocol import Protocol
from featx.runs.read import find_config, is_unfinished, read_config
from featx.utils.config import (
    ConfigError,
    Place,
    Schema,
    change,
    check_config,
    config_table,
    shipped_config,
)
from featx.utils.files import AnyPath
from featx.utils.text import counted, nearest

# left out of configs where they are not, so that these stay those of earlier versions
_ASKED_FOR = ("augmented", "final", "keep_duplicates", "searched", "joined")


class HeadConfig(Schema):
    """A head as shipped, such as `configs/heads/dense.toml`.

    Attributes:
        head: which head, and its size.
        training: how it trains; None for linear classifiers, whose training has no settings.
    """

    head: HeadSettings
    training: TrainingSettings | None = None

    @model_validator(mode="after")
    def _has_training(self) -> Self:
        linear = isinstance(self.head, LinearSettings)
        if linear and self.training:
            raise ValueError(f"a {self.head.kind} head takes no [training]")
        if not linear and not self.training:
            raise ValueError(f"a {self.head.kind} head needs [training]")
        return self


class FitConfig(HeadConfig):
    """A fit in full; the `config.toml` of its run.

    Attributes:
        head_name: what the head is called: a shipped head, or its TOML's name without the ending.
        manifest: the CSV with the labels, relative to the working folder, or its URL.
        joined: the manifests of further corpora, where some are learned from and others tested;
            the manifest above is then the first that is tested.
        features: the folders of the stores, likewise; a single store unless the head fuses. Of
            joined corpora each has its own: those of a model stand together, in their order.
        augmented: the folders of stores of augmented copies of the utterances, for each of
            `features`; training learns from them too.
        layers: which layers of encoders: "all", "local", "contextual" or such as "0,4-12".
        seconds: how much of the beginning of each utterance is used; `inf` for all of it.
        normalize: "global" standardises features by each fold's training utterances, "speaker"
            by the speaker's own utterances in the same part of the fold, "corpus" by the corpus's;
            "none" does nothing.
        protocol: which utterances under which labels, and how they are divided.
        seeds: how many heads to train for each fold, each from another random seed.
        skip_missing: whether utterances without features are left out.
        final: whether one more head for each seed is trained on all utterances.
        keep_duplicates: whether the same sound may be in two parts of a fold.
        searched: the run that chose the settings on the same utterances, by `featx.tune`; empty if
            none did.
    """

    head_name: str
    manifest: Place
    joined: tuple[Place, ...] = ()
    features: Annotated[tuple[Place, ...], Field(min_length=1)]
    augmented: tuple[Place, ...] = ()
    layers: str = "all"
    seconds: PositiveFloat = math.inf
    normalize: Normalize
    seeds: PositiveInt
    skip_missing: bool
    final: bool = False
    keep_duplicates: bool = False
    searched: str = ""
    protocol: Protocol

    def to_table(self) -> dict[str, Any]:
        """Return the values as TOML has them, without those that are not asked for."""
        table = super().to_table()
        return {key: value for key, value in table.items() if value or key not in _ASKED_FOR}

    def scored(self) -> "FitConfig":
        """Return the config of what is scored: the same without final heads."""
        return self.model_copy(update={"final": False})

    @property
    def manifests(self) -> tuple[Path, ...]:
        """The manifests of all corpora."""
        return (self.manifest, *self.joined)

    @property
    def stores(self) -> list[tuple[Path, ...]]:
        """The folders of each model's stores, one for each manifest."""
        step = len(self.manifests)
        return [self.features[i : i + step] for i in range(0, len(self.features), step)]

    @property
    def models(self) -> str:
        """The stores' names, joined by "+"."""
        return "+".join(own[0].name for own in self.stores)

    @property
    def learned(self) -> str:
        """The name of the corpus that heads learn; of several joined by "+"."""
        division = self.protocol.division
        return "+".join(division.train) if isinstance(division, Corpora) else self.manifest.stem

    @property
    def tested(self) -> str:
        """The name of the corpus that they are tested on, likewise; empty if it is the same."""
        division = self.protocol.division
        return "+".join(division.test) if isinstance(division, Corpora) else ""

    @property
    def name(self) -> str:
        """manifest-model-head, as in "manifest-wav2vec2-base-dense", and what else is chosen.

        Between corpora it begins with "speech-to-song".
        """
        learned, copies = self.protocol.target.name, "augmented" if self.augmented else ""
        corpora = f"{self.learned}-to-{self.tested}" if self.tested else self.learned
        parts = (corpora, self.models, self.head_name, self.protocol.name, learned, copies)
        return "-".join(filter(None, parts))


def head_config(head: str, data: Mapping[str, Any], changes: Sequence[str] = ()) -> FitConfig:
    """Build a config from a shipped head.

    Args:
        head: the head's name, such as "dense", or the path of a TOML like the shipped ones.
        data: the other keys of `FitConfig`.
        changes: "key=value" with dots for tables, such as "training.learning_rate=1e-3".

    Raises:
        ConfigError: if there is no such head, or a change names an unknown key or a wrong value.
    """
    path = shipped_config(f"heads/{head}.toml") if head in head_names() else Path(head)
    if not path.is_file():
        raise ConfigError(
            f"`head={head!r}`: no such head or file; {nearest(head, head_names())} "
            "The path of a TOML like the shipped ones will do too."
        )
    return _changed({"head_name": path.stem, **data, **config_table(path, HeadConfig)}, changes)


def earlier_config(config: AnyPath | FitConfig, changes: Sequence[str] = ()) -> FitConfig:
    """Return the config of an earlier run, changed.

    Args:
        config: itself, or the run, its folder or its `config.toml`.
        changes: as for `head_config`.

    Raises:
        ConfigError: if the file or a change can't be used.
    """
    given = config if isinstance(config, FitConfig) else find_config(config)
    return _changed(config_table(given, FitConfig), changes)


def lacks_final(folder: Path, config: str) -> bool:
    """Tell whether a folder holds the finished run of a config but for its final heads.

    Args:
        folder: the run's folder.
        config: the text that the run's `config.toml` shall have.

    Raises:
        FeatxError: if the run's config is damaged.
    """
    wanted = tomllib.loads(config)
    if not wanted.pop("final", False) or is_unfinished(folder):
        return False
    return read_config(folder) == wanted


def _changed(table: dict[str, Any], changes: Sequence[str]) -> FitConfig:
    trains = "training" in table
    change(table, changes)
    if "training" in table and not trains:
        raise ConfigError(
            f"`settings='training'`: a {table['head']['kind']} head takes no [training]."
        )
    config = check_config(table, FitConfig, "`settings`" if changes else "fit")
    _check_stores(config)
    return config


def _check_stores(config: FitConfig) -> None:
    if len(config.features) % len(config.manifests):
        raise FeatxError(
            f"{len(config.manifests)} corpora take a store each of the same model, "
            f"and there are {len(config.features)}."
        )
    count, fuses = len(config.stores), config.head.kind == "fusion"
    if fuses and count < 2:
        raise FeatxError(
            "`head='fusion'` joins two or more stores: give `model` for each, such as "
            "wav2vec2-base and egemaps."
        )
    if count > 1 and not fuses:
        raise FeatxError(
            f"`head={config.head.kind!r}` takes one store, not {count}; "
            "`head='fusion'` joins several."
        )
    if config.augmented and config.joined:
        raise FeatxError("`augmented` does not go with `train` and `test`; leave it out.")
    if config.augmented and len(config.augmented) != count:
        raise FeatxError(
            f"`augmented` has {counted(len(config.augmented), 'store')} for {count}: give a store "
            "of copies for each of `features`, or the name of a preset."
        )
    if len({own[0].resolve() for own in config.stores}) < count:
        raise FeatxError(f"`head='fusion'`: {config.models} is the same store twice.")
