"""`featx validate`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.errors import explain_within
from featx.cli.output import Json, show


def validate(
    context: typer.Context,
    experiment: Annotated[
        Path,
        typer.Argument(
            metavar="EXPERIMENT.toml",
            help="The experiment's file; docs/experiments.md has its keys.",
        ),
    ],
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Check what `featx run --overwrite` would do."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check an experiment's files, labels, division, disk and weights before any work."""
    from featx.experiments.checking.text import to_json, to_text
    from featx.experiments.checking.validate import validate as check

    inspection = check(experiment, overwrite)
    words = partial(explain_within, context)
    show(as_json, lambda: to_json(inspection, words), lambda: to_text(inspection, words))
    if inspection.findings.errors:
        raise typer.Exit(1)
