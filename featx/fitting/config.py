"""Everything that determines a fit, as one config."""

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from classifiers.heads import HeadSettings
from classifiers.linear import LinearSettings
from classifiers.training import TrainingSettings
from featx.errors import FeatxError
from featx.protocols.protocol import Protocol
from featx.utils.config import (
    ConfigError,
    Schema,
    change,
    check_config,
    read_config,
    shipped_config,
)

HEADS = ("dense", "lstm", "fusion", "linear", "svm")


class HeadConfig(Schema):
    """A head as shipped, such as `configs/heads/dense.toml`.

    Attributes:
        head: which, and its size.
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
    """A fit in full; the `config.toml` of a run.

    Attributes:
        manifest: the labels; relative to the working folder.
        features: the stores, one unless the head fuses several; likewise.
        layers: of encoders: "all", "local", "contextual" or such as "0,4-12".
        seconds: of each utterance's beginning that are used; `inf` for all of it.
        normalize: "global" standardises features by each fold's training utterances, "speaker"
            by the speaker's own utterances in the same part of the fold, "none" leaves them.
        protocol: which utterances under which labels, and how they are divided.
        seeds: how many heads a fold, each with other initial weights, order and dropout.
        skip_missing: whether utterances without features are left out.
    """

    manifest: Path
    features: Annotated[tuple[Path, ...], Field(min_length=1)]
    layers: str = "all"
    seconds: PositiveFloat = math.inf
    normalize: Literal["speaker", "global", "none"]
    seeds: PositiveInt
    skip_missing: bool
    protocol: Protocol

    def to_toml(self) -> str:
        """Return the config as it is written to a file."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @property
    def models(self) -> str:
        """The stores' names, joined by "+"."""
        return "+".join(path.name for path in self.features)


def head_config(head: str, data: Mapping[str, Any], changes: Sequence[str] = ()) -> FitConfig:
    """Build a config from a shipped head.

    Args:
        head: its name, such as "dense", or the path of a TOML like the shipped ones.
        data: the other keys of `FitConfig`.
        changes: "key=value" with dots for tables, such as "training.learning_rate=1e-3".

    Raises:
        ConfigError: if there is no such head, or a change names an unknown key or a wrong value.
    """
    path = shipped_config(f"heads/{head}.toml") if head in HEADS else Path(head)
    if not path.is_file():
        nearest = difflib.get_close_matches(head, HEADS, n=1)
        hint = f"Did you mean {nearest[0]}? " if nearest else ""
        raise ConfigError(
            f"--head {head}: no such head or file. {hint}There is {', '.join(HEADS)}; the path of "
            "a TOML like theirs will do too."
        )
    shipped = read_config(path, HeadConfig)
    return _changed({**data, **shipped.model_dump(mode="json", exclude_none=True)}, changes)


def file_config(path: Path, changes: Sequence[str] = ()) -> FitConfig:
    """Read the config of an earlier run, with changes as in `head_config`.

    Raises:
        ConfigError: if the file or a change can't be used.
    """
    table = read_config(path, FitConfig).model_dump(mode="json", exclude_none=True)
    return _changed(table, changes)


def _changed(table: dict[str, Any], changes: Sequence[str]) -> FitConfig:
    change(table, changes)
    if table["head"].get("kind") in ("linear", "svm") and "training" in table:
        raise ConfigError(f"--set training: a {table['head']['kind']} head takes no [training].")
    config = check_config(table, FitConfig, "--set" if changes else "fit")
    _check_stores(config)
    return config


def _check_stores(config: FitConfig) -> None:
    count, fuses = len(config.features), config.head.kind == "fusion"
    if fuses and count < 2:
        raise FeatxError(
            "--head fusion joins two or more stores: give --model for each, such as "
            "--model wav2vec2-base --model egemaps."
        )
    if count > 1 and not fuses:
        raise FeatxError(
            f"--head {config.head.kind} takes one store, not {count}; --head fusion joins several."
        )
    if len({path.resolve() for path in config.features}) < count:
        raise FeatxError(f"--head fusion: {config.models} is the same store twice.")
