"""`featx run`."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    experiment: Annotated[
        Path, typer.Argument(metavar="EXPERIMENT.toml", help="See docs/experiments.md.")
    ],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace runs whose settings or data have changed.")
    ] = False,
) -> None:
    """Run every system of an experiment that is not done yet, and write its report.

    Stopped at any moment, the same command goes on from there.
    """
    from featx.experiments.run import run_experiment

    run_experiment(experiment, print, overwrite)
