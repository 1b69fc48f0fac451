"""Single settings changed from the command line: `--set KEY=VALUE`."""

import tomllib
from collections.abc import Sequence
from typing import Any

from featx.config import ConfigError


def change(table: dict[str, Any], changes: Sequence[str]) -> None:
    """Change settings in a config's table.

    Args:
        table: the config; changed in place.
        changes: "key=value" with dots for tables, such as "training.learning_rate=1e-3".

    Raises:
        ConfigError: if one is not of this form.
    """
    for text in changes:
        key, equals, given = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text}: must be KEY=VALUE, such as training.epochs=50")
        try:
            value = tomllib.loads(f"value = {given}")["value"]
        except tomllib.TOMLDecodeError:
            value = given  # bare words need no quotes here
        *tables, last = key.strip().split(".")
        target = table
        for name in tables:
            target = target.setdefault(name, {})
            if not isinstance(target, dict):
                raise ConfigError(f"--set {text}: {name} is not a table")
        target[last] = value
