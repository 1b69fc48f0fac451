"""`featx evaluate`."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options import Speakers
from featx.cli.output import Json, show

log = logging.getLogger("featx")


def evaluate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Prediction files, runs, or folders of either; each folder is a system.",
        ),
    ],
    manifest: Speakers = None,
    details: Annotated[
        bool, typer.Option("--details", help="Print the full tables of each of several systems.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Score prediction files, whoever made them."""
    import featx

    evaluation = featx.evaluate(paths, manifest)
    show(as_json, evaluation.to_json, lambda: evaluation.to_text(details))
    if len(evaluation.systems) > 1 and not details and not as_json:
        log.info("Give `details` for intervals, classes and confusions.")
