"""What every command of featx has beside its own options."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from featx.errors import Interrupted
from featx.utils.text import without_prefix

QUIET = "--quiet"
Quiet = Annotated[
    bool,
    typer.Option(QUIET, help="Print results, warnings and errors alone: no progress, no hints."),
]


def with_quiet(function: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes --quiet too, which the terminal looks for by itself."""

    @wraps(function)
    def command(*args: Any, quiet: bool = False, **kwargs: Any) -> None:
        function(*args, **kwargs)

    signature = inspect.signature(function)
    own = inspect.Parameter(
        "quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet
    )
    parameters = [*signature.parameters.values(), own]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "quiet": Quiet}
    return command


class Command(TyperCommand):
    """A command whose problems are told in plain words."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after the command."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = without_prefix(error.message)
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the help of arguments and options, those of a `rich_help_panel` below its name."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                kind = f"{parameter.param_type_name.capitalize()}s"
                name = getattr(parameter, "rich_help_panel", None) or kind
                groups.setdefault(name, []).append(record)
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl-C is an error like others, where the library did not say more."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("Interrupted.") from None
