"""Errors of the library in the words of the command line."""

import re
import shlex

import typer
from typer.core import TyperCommand

from cache.errors import FeatxError
from featx.errors import Call

ARGUMENT = re.compile(r"`(\w+)(?:=([^`]*))?`")
COMMAND_OF = {"build_manifest": "manifest"}  # functions that are not named like their command


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
    commands = getattr(context.find_root().command, "commands", {})
    return explain(error, dict(commands), context.info_name)


def write_command(call: Call, commands: dict[str, TyperCommand]) -> str:
    """Return a call of the Python API as the command that does the same."""
    name = COMMAND_OF.get(call.function, call.function)
    options = _options(commands[name])
    words = ["featx", name]
    for argument, value in call.arguments.items():
        option = options[argument]
        words += [str(value)] if not option.startswith("-") else [option, str(value)]
    return f"{call.purpose}: {shlex.join(words)}"


def _options(command: TyperCommand) -> dict[str, str]:
    """Return each parameter's option, or the name under which help shows an argument."""
    return {
        str(parameter.name): parameter.opts[0]
        if parameter.param_type_name == "option"
        else str(parameter.name).upper()
        for parameter in command.params
    }
