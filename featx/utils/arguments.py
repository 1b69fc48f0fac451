"""Arguments of the Python API: their types and values, and those that exclude each other."""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

from featx.errors import FeatxError
from featx.utils.text import shorten, without_prefix

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_SHOWN = 80  # letters of a value in a message
_PLAIN = {  # pydantic's words: ours
    "an instance of Path": "a path",
    "an instance of PathLike": "a path",
    "an instance of Sequence": "a list",
    "a valid boolean": "True or False",
    "a valid integer": "an integer",
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function check its arguments against their annotations at every call.

    A value is passed on as it is given, an iterator as a list and a number of numpy as Python's.

    Args:
        function: whose parameters are annotated; one without annotation, such as `self`, takes
            anything.

    Returns:
        The function, which raises a FeatxError that names the argument and what it may be.
    """
    signature = inspect.signature(function)

    @cache
    def adapters() -> dict[str, "TypeAdapter[Any]"]:
        from pydantic import ConfigDict, TypeAdapter  # takes as long as all of `featx --help`

        config = ConfigDict(arbitrary_types_allowed=True, strict=True)
        hints = get_type_hints(function, include_extras=True)
        hints.pop("return", None)
        return {name: TypeAdapter(hint, config=config) for name, hint in hints.items()}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            if name in adapters():
                bound.arguments[name] = _check(name, value, adapters()[name])
        return function(*bound.args, **bound.kwargs)

    return call


def _check(name: str, value: object, adapter: "TypeAdapter[Any]") -> object:
    from pydantic import ValidationError

    value = _settle(value)
    try:
        valid = adapter.validate_python(value)
    except ValidationError as error:
        shown = shorten(repr(value), _SHOWN)
        problem = _describe(error.errors(include_url=False))
        raise FeatxError(f"`{name}={shown}`: {problem}.") from None
    return value if valid == value else valid


def _settle(value: object) -> object:
    """Return what can be read once, or is numpy's, as a list or number of Python."""
    if isinstance(value, Iterator | range):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value


def _describe(errors: "list[ErrorDetails]") -> str:
    """Say what a value should have been; of a union, any of what its members take."""
    within = [error for error in errors if any(isinstance(part, int) for part in error["loc"])]
    apt = within or [error for error in errors if error["type"] != "missing"] or errors
    messages = [without_prefix(error["msg"]).rstrip(".") for error in apt]
    wanted = [text.removeprefix("Input should be ") for text in messages]
    if wanted == messages:
        return messages[0]
    wanted = list(dict.fromkeys(_PLAIN.get(text, text.replace("valid ", "")) for text in wanted))
    *first, last = wanted
    place = next((part for part in (within or apt)[0]["loc"] if isinstance(part, int)), None)
    must = "must be" if place is None else f"element {place} must be"
    return f"{must} {', '.join(first)} or {last}" if first else f"{must} {last}"


def as_list(given: T | Iterable[T] | None) -> list[T]:
    """Return a single value, several or none as a list; a string is a single value."""
    if given is None:
        return []
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    return list(cast(Iterable[T], given)) if several else [cast(T, given)]


def refuse_with(
    function: Callable[..., Any],
    given: Mapping[str, object],
    names: Collection[str],
    overruling: str,
    reason: str,
) -> None:
    """Refuse arguments that another would silently overrule.

    Args:
        function: whose arguments they are.
        given: the arguments of the call by name.
        names: those that must be at their defaults.
        overruling: the argument that overrules them.
        reason: why it does.

    Raises:
        FeatxError: if one of them is not at its default.
    """
    defaults = inspect.signature(function).parameters
    changed = [
        name
        for name, value in given.items()
        if name in names and _plain(value) != defaults[name].default
    ]
    if changed:
        shown = ", ".join(f"`{name}`" for name in changed)
        raise FeatxError(f"{shown} can't be given with `{overruling}`, {reason}.")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def check_choice(argument: str, value: object, choices: Any) -> None:
    """Refuse a value that a `Literal` does not list.

    Args:
        argument: the argument's name.
        value: its value.
        choices: the `Literal`.

    Raises:
        FeatxError: if the value is none of the choices.
    """
    known = get_args(choices)
    if value not in known:
        raise FeatxError(f"`{argument}={value!r}`: choose {' or '.join(map(str, known))}.")
