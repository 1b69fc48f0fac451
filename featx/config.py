"""The one reader of TOML: checked against a schema, with every problem named."""

import difflib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from featx.errors import FeatxError

T = TypeVar("T")


class Schema(BaseModel):
    """What a table of a config file may hold: these keys, of these types, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConfigError(FeatxError):
    """A config file that can't be used, with every problem in it."""


def shipped_config(name: str) -> Path:
    """Return the path of a config that comes with featx, such as "models.toml"."""
    return Path(str(files("configs") / name))


def read_config(path: Path, schema: type[T]) -> T:
    """Read a TOML file that must match a schema.

    Args:
        path: the file.
        schema: a `Schema`, or a dict of them.

    Raises:
        ConfigError: if the file is missing or is not TOML, or a key is unknown, missing or of
            the wrong type.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.") from error
    return check_config(table, schema, path)


def check_config(table: dict[str, Any], schema: type[T], where: object) -> T:
    """Check values against a schema; `where` names their source in the error.

    Raises:
        ConfigError: if a key is unknown, missing or of the wrong type.
    """
    try:
        return TypeAdapter(schema).validate_python(table)
    except ValidationError as error:
        problems = "\n  ".join(_explain(detail, schema) for detail in error.errors())
        raise ConfigError(f"{where}: {error.error_count()} problem(s):\n  {problems}") from error


def _explain(detail: ErrorDetails, schema: object) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{key}: {detail['msg']} (got {detail['input']!r})"
    known = _keys(schema, detail["loc"][:-1])
    nearest = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known)}"
    return f"{key}: unknown key; {hint}"


def _keys(schema: object, location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at a location may have."""
    for part in location:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            schema = schema.model_fields[str(part)].annotation
        else:  # dict[str, Schema]
            schema = schema.__args__[-1]  # type: ignore[attr-defined]
    is_table = isinstance(schema, type) and issubclass(schema, BaseModel)
    return list(schema.model_fields) if is_table else []  # type: ignore[attr-defined]
