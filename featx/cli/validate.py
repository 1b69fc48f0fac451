"""`featx validate`."""

from pathlib import Path
from typing import Annotated

import typer


def validate(
    experiment: Annotated[
        Path, typer.Argument(metavar="EXPERIMENT.toml", help="See docs/experiments.md.")
    ],
) -> None:
    """Check an experiment's files, labels, division, disk and weights before any work."""
    from featx.experiments.text import to_text
    from featx.experiments.validate import inspect

    inspection = inspect(experiment)
    print(to_text(inspection))
    if inspection.findings.errors:
        raise typer.Exit(1)
