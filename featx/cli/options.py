"""The options that training commands share, and what they check of theirs."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from featx.errors import FeatxError

OF_NO_PROTOCOL = {"folds", "speaker_dependent"}
Protocol = Annotated[
    str | None, typer.Option(help="Who trains and tests: see `featx protocols`; or a TOML.")
]
Folds = Annotated[int, typer.Option(help="Of the cross-validation, without protocol or split.")]
SpeakerDependent = Annotated[
    bool, typer.Option("--speaker-dependent", help="Let training and test share speakers.")
]
Seconds = Annotated[
    float, typer.Option(help="Of each utterance's beginning that are used (default: all).")
]
Config = Annotated[Path | None, typer.Option(help="Repeat the run with this config.toml.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run.")]


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
