"""`featx run`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.errors import explain_within
from featx.cli.options.shared import Address, EngineChoice
from featx.errors import FeatxError


def run(
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
        typer.Option(
            "--overwrite",
            help="Replace runs whose settings or data have changed, and lists of changed corpora.",
        ),
    ] = False,
    engine: EngineChoice = "local",
    address: Address = None,
) -> None:
    """Run every system of an experiment that is not done yet, and write the report.

    If it is stopped at any moment, the same command goes on from there.
    """
    from featx.experiments.errors import ExperimentError, PartsFailed
    from featx.experiments.run import run as run_experiment

    try:
        run_experiment(experiment, overwrite, engine, address)
    except (ExperimentError, PartsFailed) as error:
        raise FeatxError(error.to_text(partial(explain_within, context))) from None
