"""The one reader of TOML: checked against a schema, with every problem named."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from featx.errors import FeatxError
from featx.utils.remote.path import is_url, to_path
from featx.utils.text import counted, nearest, shorten, without_prefix

T = TypeVar("T")


def _as_place(value: object) -> object:
    return to_path(value) if isinstance(value, str) and is_url(value) else value


Place = Annotated[Path, BeforeValidator(_as_place)]  # a path, or the URL of what lies elsewhere
_SHOWN = 80  # letters of a value in a message


class Schema(BaseModel):
    """What a table of a config file may hold: these keys, of these types, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_table(self) -> dict[str, Any]:
        """Return the values that are set, as TOML has them."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_toml(self) -> str:
        """Return the table as it is written to a file."""
        return tomli_w.dumps(self.to_table())


class ConfigError(FeatxError):
    """A config file that can't be used, with every problem in it."""


def shipped_config(name: str) -> Path:
    """Return the path of a config that comes with featx, such as "models.toml"."""
    return Path(str(files("configs") / name))


def shipped_names(folder: str) -> list[str]:
    """Return the names of the TOMLs in a folder of `configs/`."""
    return sorted(path.stem for path in shipped_config(folder).glob("*.toml"))


def find_shipped(argument: str, name: str, folder: str) -> Path:
    """Return the TOML that a name or a path means.

    Args:
        argument: which argument has the name, for messages.
        name: the name of a TOML in a folder of `configs/`, or the path of another.
        folder: the folder.

    Raises:
        FeatxError: if it is neither.
    """
    names = shipped_names(folder)
    if name in names:
        return shipped_config(f"{folder}/{name}.toml")
    if name.endswith(".toml") or name != Path(name).name or Path(name).is_file():
        return Path(name)
    raise FeatxError(
        f"`{argument}={name!r}`: no such {argument}; {nearest(name, names)} "
        "The path of a TOML of your own will do too."
    )


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
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or nested without end
        raise ConfigError(f"{path}: not valid TOML: {error}.") from error
    return check_config(table, schema, path)


def config_table(config: str | Path | Schema, schema: type[Schema]) -> dict[str, Any]:
    """Return the table of a config, which is given itself or by the path of its file.

    Raises:
        ConfigError: if the file can't be used.
    """
    if isinstance(config, str | Path):
        config = read_config(Path(config), schema)
    return config.to_table()


def check_config(table: dict[str, Any], schema: type[T], where: object) -> T:
    """Check values against a schema; `where` names their source in the error.

    Raises:
        ConfigError: if a key is unknown, missing or of the wrong type.
    """
    try:
        return TypeAdapter(schema).validate_python(table)
    except ValidationError as error:
        problems = "\n  ".join(_explain(detail, schema) for detail in error.errors())
        number = counted(error.error_count(), "problem")
        raise ConfigError(f"{where}: {number}:\n  {problems}") from error


def first_problem(error: ValidationError) -> str:
    """Return the first of the problems of a file that featx itself wrote, in a few words."""
    detail = error.errors()[0]
    key = shorten(".".join(map(str, detail["loc"])), _SHOWN)
    message = without_prefix(detail["msg"])
    return f"{key} is {shorten(repr(detail['input']), _SHOWN)}: {message}" if key else message


def _explain(detail: ErrorDetails, schema: object) -> str:
    parts, table = _walk(schema, detail["loc"])
    key = ".".join(parts)
    if detail["type"] == "value_error":  # a check of ours, which speaks for itself
        return f"{key}: {detail['ctx']['error']}" if key else str(detail["ctx"]["error"])
    if detail["type"] != "extra_forbidden":
        return f"{key}: {detail['msg']} (got {detail['input']!r})"
    known = list(table.model_fields) if _is_table(table) else []  # type: ignore[attr-defined]
    return f"{key}: unknown key; {nearest(parts[-1], known)}"


def _walk(schema: object, location: tuple[int | str, ...]) -> tuple[list[str], object]:
    """Return the keys that lead to a value as they are written, and the table it stands in."""
    keys: list[str] = []
    table = schema
    for part in location:
        members = _members(schema)
        chosen = next((member for member in members if str(part) in _kinds(member)), None)
        if chosen:  # not a key: which of several tables was meant
            schema = chosen
            continue
        keys.append(str(part))
        table = next((member for member in members if _is_table(member)), schema)
        schema = _value_of(table, str(part))
    return keys, table


def _value_of(schema: object, key: str) -> object:
    if _is_table(schema):
        field = schema.model_fields.get(key)  # type: ignore[attr-defined]
        return field.annotation if field else None
    arguments = get_args(schema)
    return arguments[-1] if arguments else None  # of a dict


def _members(schema: object) -> list[object]:
    """Return the tables that a value may be: several for a union."""
    if isinstance(schema, UnionType) or get_origin(schema) in (Union, Annotated):
        return [member for argument in get_args(schema) for member in _members(argument)]
    return [schema]


def _kinds(schema: object) -> tuple[str, ...]:
    """Return the values of `kind` by which a table is distinguished from others."""
    kind = schema.model_fields.get("kind") if _is_table(schema) else None  # type: ignore[attr-defined]
    return get_args(kind.annotation) if kind else ()


def _is_table(schema: object) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def change(table: dict[str, Any], settings: Sequence[str]) -> None:
    """Change settings in a config's table.

    Args:
        table: the config; changed in place.
        settings: "key=value" with dots for tables, such as "training.learning_rate=1e-3".

    Raises:
        ConfigError: if a setting is not of this form.
    """
    for text in settings:
        key, equals, given = text.partition("=")
        if not equals:
            raise ConfigError(f"`settings={text}`: must be KEY=VALUE, such as training.epochs=50.")
        try:
            value = tomllib.loads(f"value = {given}")["value"]
        except tomllib.TOMLDecodeError:
            value = given  # bare words need no quotes here
        *tables, last = key.strip().split(".")
        target = table
        for name in tables:
            target = target.setdefault(name, {})
            if not isinstance(target, dict):
                raise ConfigError(f"`settings={text}`: {name} is not a table.")
        target[last] = value
