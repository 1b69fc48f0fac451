"""What commands check of their options."""

from collections.abc import Collection

import typer

from featx.errors import FeatxError


def refuse(context: typer.Context, names: Collection[str], beside: str) -> None:
    """Refuse options that another would silently overrule."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name in names and _was_given(context, name)
    ]
    if given:
        raise FeatxError(
            f"{', '.join(given)} can't be given with --{beside}. "
            "Change single settings with --set, such as --set seeds=5."
        )


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
