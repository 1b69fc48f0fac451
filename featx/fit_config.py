"""Everything that determines a fit, as one config."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import PositiveInt

from classifiers.dense import DenseSettings
from classifiers.training import TrainingSettings
from featx.config import ConfigError, Schema, check_config, read_config, shipped_config


class HeadConfig(Schema):
    """A head as shipped, such as `configs/dense.toml`."""

    head: DenseSettings
    training: TrainingSettings


class FitConfig(HeadConfig):
    """A fit in full; the `config.toml` of a run.

    Attributes:
        manifest: the labels; relative to the working folder.
        features: the store; likewise.
        seeds: how many heads a fold, each with other initial weights.
        folds: of the cross-validation; of no effect where the manifest has a split.
        speaker_dependent: whether training and test may share speakers.
        normalize: "global" standardises features by each fold's training utterances, "none"
            leaves them as they are.
        skip_missing: whether utterances without features are left out.
    """

    manifest: Path
    features: Path
    seeds: PositiveInt
    folds: PositiveInt
    speaker_dependent: bool
    normalize: Literal["global", "none"]
    skip_missing: bool

    def to_toml(self) -> str:
        """Return the config as it is written to a file."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def head_config(head: str, data: dict[str, Any], changes: Sequence[str] = ()) -> FitConfig:
    """Build a config from a shipped head.

    Args:
        head: its name, such as "dense".
        data: the other keys of `FitConfig`.
        changes: "key=value" with dots for tables, such as "training.learning_rate=1e-3".

    Raises:
        ConfigError: if a change names an unknown key or a wrong value.
    """
    shipped = read_config(shipped_config(f"{head}.toml"), HeadConfig)
    return _changed({**data, **shipped.model_dump()}, changes)


def file_config(path: Path, changes: Sequence[str] = ()) -> FitConfig:
    """Read the config of an earlier run, with changes as in `head_config`.

    Raises:
        ConfigError: if the file or a change can't be used.
    """
    return _changed(read_config(path, FitConfig).model_dump(mode="json"), changes)


def _changed(table: dict[str, Any], changes: Sequence[str]) -> FitConfig:
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise ConfigError(f"--set {change}: must be KEY=VALUE, such as training.epochs=50")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text  # bare words need no quotes here
        *tables, last = key.strip().split(".")
        target = table
        for name in tables:
            target = target.setdefault(name, {})
            if not isinstance(target, dict):
                raise ConfigError(f"--set {change}: {name} is not a table")
        target[last] = value
    return check_config(table, FitConfig, "--set" if changes else "fit")
