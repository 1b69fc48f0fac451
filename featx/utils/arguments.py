"""Arguments of the Python API that exclude each other, or are none of the choices."""

import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from featx.errors import FeatxError


def refuse_beside(
    function: Callable[..., Any],
    given: Mapping[str, object],
    names: Collection[str],
    beside: str,
    reason: str,
) -> None:
    """Refuse arguments that another would silently overrule.

    Args:
        function: whose arguments they are.
        given: the arguments of the call by name.
        names: those that must be at their defaults.
        beside: the argument that overrules them.
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
        raise FeatxError(f"{shown} can't be given with `{beside}`, {reason}.")


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
