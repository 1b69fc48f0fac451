"""`featx validate`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.errors import explain_within


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
) -> None:
    """Check an experiment's files, labels, division, disk and weights before any work."""
    from featx.experiments.text import to_text
    from featx.experiments.validate import validate as check

    inspection = check(experiment, overwrite)
    print(to_text(inspection, partial(explain_within, context)))
    if inspection.findings.errors:
        raise typer.Exit(1)
