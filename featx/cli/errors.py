"""Errors of the library in the words of the command line."""

import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any

import typer
from typer.core import TyperCommand

from cache.errors import FeatxError
from featx.errors import Call

ARGUMENT = re.compile(r"`(\w+)(?:=([^`]*))?`")
COMMAND_OF = {  # functions that are not named like their command
    "build_manifest": "manifest",
    "verify_store": "cache verify",
    "import_features": "cache import",
    "map_features": "map",
}


def explain(error: FeatxError, commands: dict[str, TyperCommand], used: str | None) -> str:
    """Return an error's message with options in place of arguments, and a command as its cure.

    Args:
        error: the error that the library raised.
        commands: all commands by name.
        used: the command that was called, whose options are meant; None if it is not known.
    """
    options = _options(commands[used]) if used in commands else {}

    def option(match: re.Match[str]) -> str:
        name, value = match.groups()
        if name not in options:
            return match[0]
        if value is None:
            return options[name]
        given = value.strip(_QUOTES)
        return f"{options[name]} {shlex.quote(given) if ' ' in given else given}"

    message = ARGUMENT.sub(option, error.message)
    if error.cure is None:
        return message
    cure = write_command(error.cure, commands) if isinstance(error.cure, Call) else error.cure
    return f"{message} {cure}"


_QUOTES = "\"'"


def explain_within(context: typer.Context, error: FeatxError) -> str:
    """Return what `explain` does for the command that is running."""
    root = context.find_root()
    called = context.command_path.removeprefix(root.command_path).strip()
    return explain(error, all_commands(root.command), called)


def all_commands(group: Any, before: str = "") -> dict[str, TyperCommand]:
    """Return the commands of a group by name, those of a group within it as "cache verify"."""
    found: dict[str, TyperCommand] = {}
    for name, command in getattr(group, "commands", {}).items():
        inner = all_commands(command, f"{before}{name} ")
        found |= inner or {before + name: command}
    return found


def find_command(words: Sequence[str], commands: Collection[str]) -> str | None:
    """Return the command that the words of a command line call; None if they call none."""
    for place, word in enumerate(words):
        if word in commands:
            return word
        if any(name.startswith(f"{word} ") for name in commands):
            rest = (f"{word} {inner}" for inner in words[place + 1 :])
            return next((name for name in rest if name in commands), None)
    return None


def write_command(call: Call, commands: dict[str, TyperCommand]) -> str:
    """Return a call of the Python API as the command that does the same."""
    name = COMMAND_OF.get(call.function, call.function)
    options = _options(commands[name])
    words = ["featx", *name.split()]
    for argument, value in call.arguments.items():
        option = options[argument]
        named = [option] if option.startswith("-") else []
        words += named if value is True else [*named, str(value)]
    return f"{call.purpose}: {shlex.join(words)}"


def _options(command: TyperCommand) -> dict[str, str]:
    """Return each parameter's option, or the name under which help shows an argument."""
    return {
        str(parameter.name): parameter.opts[0]
        if parameter.param_type_name == "option"
        else str(parameter.name).upper()
        for parameter in command.params
    }
