"""A space of settings: what a search may choose of each, checked against the head."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from featx.fitting.config import FitConfig, HeadConfig
from featx.utils.config import (
    ConfigError,
    Schema,
    check_config,
    find_shipped,
    read_config,
    shipped_names,
)
from featx.utils.text import listed

Number = StrictInt | StrictFloat
Plain = StrictBool | Number | StrictStr
Value = Plain | tuple[Plain, ...]
Values = Mapping[str, Any]
"""A value for each setting that is searched, as TOML has it; "head.width" is a setting's name."""

_FIXED = {
    "head.kind": "it says which head is searched; take `head`",
    "head.average_frames": "it decides what is read of the store; take `settings`",
}
_OF_CLASSES = ("training.label_smoothing", "training.focal_gamma", "head.class_weights")
log = logging.getLogger("featx")


class Searched(Schema):
    """What a search may choose of a setting: a number of a range, or one of several values.

    Attributes:
        low: the least number; a range of two integers has only integers.
        high: the greatest number.
        log: whether the logarithm is what is spread evenly.
        choices: the values, where there is no range.
    """

    low: Number | None = None
    high: Number | None = None
    log: bool = False
    choices: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _is_a_range_or_choices(self) -> Self:
        if self.choices:
            if (self.low, self.high, self.log) != (None, None, False):
                raise ValueError("takes either choices, or low and high")
            return self
        if self.low is None or self.high is None:
            raise ValueError("needs low and high, or choices")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"low must be below high, and {self.low} is not below {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"with log, low must be above zero, and is {self.low}")
        return self

    @property
    def ends(self) -> tuple[Any, ...]:
        """All choices, or the least and the greatest number."""
        return self.choices or (self.low, self.high)

    @property
    def has_fractions(self) -> bool:
        """Whether it is a range of real numbers."""
        return any(isinstance(end, float) for end in (self.low, self.high))

    def holds(self, value: Any) -> bool:
        """Tell whether a value can be chosen."""
        if self.choices:
            return any(_is_same(value, choice) for choice in self.choices)
        low, high = self.ends
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and bool(low <= value <= high)

    def place(self, value: Any) -> int:
        """Return the place of a value among the choices."""
        return next(i for i, choice in enumerate(self.choices) if _is_same(value, choice))


def _is_same(value: Any, choice: Any) -> bool:
    """Tell whether values are equal and of a type: true is not 1."""
    return repr(_listed(value)) == repr(_listed(choice))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class Space(Schema):
    """What a search may choose of a head's settings.

    Attributes:
        head: of the table [head] of the head's TOML.
        training: of its table [training].
    """

    head: dict[str, Searched] = Field(default_factory=dict)
    training: dict[str, Searched] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_any(self) -> Self:
        if not self.settings:
            raise ValueError("no setting is searched; name some in [head] or [training]")
        return self

    @property
    def settings(self) -> dict[str, Searched]:
        """What is searched, by names such as "training.learning_rate"."""
        tables = {"head": self.head, "training": self.training}
        return {
            f"{table}.{key}": own for table, keys in tables.items() for key, own in keys.items()
        }


def read_space(space: str | None, config: FitConfig) -> Space:
    """Read a space, and check it against the head that is searched.

    Args:
        space: the name of a shipped space, or the path of a TOML; by default the head's own.
        config: the fit with the head.

    Returns:
        The space; its ranges are of integers where the head's settings are.

    Raises:
        ConfigError: if there is no such space, or it has an unknown setting or a wrong value.
    """
    path = _default(config) if space is None else find_shipped("space", space, "spaces")
    found = read_config(path, Space)
    own = _table(config)
    tables: dict[str, dict[str, Searched]] = {"head": {}, "training": {}}
    for key, searched in found.settings.items():
        table, name = key.split(".", 1)
        if key in _FIXED:
            raise ConfigError(f"{path}: {key} can't be searched, as {_FIXED[key]}.")
        if table not in own:
            raise ConfigError(f"{path}: a {config.head.kind} head takes no [training].")
        if key in _OF_CLASSES and config.protocol.target.task == "regression":
            useless = f"{key} does nothing where numbers are learned, which have no classes"
            if space is not None:
                raise ConfigError(f"{path}: {useless}. Leave it out.")
            log.info("Not searched: %s.", useless)
            continue
        tables[table][name] = _check(searched, key, own, path)
    return Space(**tables)


def _default(config: FitConfig) -> Path:
    names = shipped_names("spaces")
    for name in (config.head_name, config.head.kind):
        if name in names:
            return find_shipped("space", name, "spaces")
    raise ConfigError(f"`space`: give the path of a TOML; {listed(names, 9)} are shipped.")


def _check(searched: Searched, key: str, own: dict[str, Any], path: Path) -> Searched:
    """Return a range with the numbers of its setting.

    Raises:
        ConfigError: if the head doesn't take what may be chosen.
    """
    for value in searched.ends:
        check_config(_changed(own, {key: value}), HeadConfig, path)
    table, name = key.split(".", 1)
    usual = own[table].get(name)  # what is None by default is in no table
    usual = usual[0] if isinstance(usual, list) else usual
    if searched.choices:
        return searched
    if isinstance(usual, float):
        ends = {"low": float(searched.ends[0]), "high": float(searched.ends[1])}
        return searched.model_copy(update=ends)
    if searched.has_fractions:
        raise ConfigError(
            f"{path}: {key} takes whole numbers: give low and high without a decimal point, or "
            "choices."
        )
    return searched


def with_values(config: FitConfig, values: Values) -> FitConfig:
    """Return a fit with the values that a trial has for its settings."""
    head = check_config(_changed(_table(config), values), HeadConfig, "the space")
    return config.model_copy(update={"head": head.head, "training": head.training})


def own_values(space: Space, config: FitConfig) -> dict[str, Any] | None:
    """Return the settings that a head has without a search; None if they are not in the space."""
    own = _table(config)
    values = {}
    for key, searched in space.settings.items():
        table, name = key.split(".", 1)
        usual = own[table].get(name)
        single = isinstance(usual, list) and len(usual) == 1 and not searched.holds(usual)
        values[key] = usual[0] if single else usual
    held = all(searched.holds(values[key]) for key, searched in space.settings.items())
    return values if held else None


def _table(config: FitConfig) -> dict[str, Any]:
    """Return the tables of a head's TOML, with all defaults."""
    table = config.to_table()
    return {name: table[name] for name in ("head", "training") if name in table}


def _changed(own: Mapping[str, dict[str, Any]], values: Values) -> dict[str, Any]:
    """Return a head's tables with other values; a single value stands for a list of it."""
    tables = {name: dict(table) for name, table in own.items()}
    for key, value in values.items():
        table, name = key.split(".", 1)
        wants_list = isinstance(own[table].get(name), list)
        tables[table][name] = (
            value if isinstance(value, list | tuple) or not wants_list else [value]
        )
    return tables
