"""`featx evaluate`."""

import logging
from pathlib import Path
from typing import Annotated

import typer

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
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="A manifest that names the speakers, for predictions without a speaker column, "
            "and has the columns to score by (default: that of the run)."
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Score the groups that a column of the manifest makes too, such as sex. "
            "Can be repeated.",
        ),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Print the full tables of each of several systems.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Score prediction files, whoever made them."""
    import featx

    evaluation = featx.evaluate(paths, manifest, by or ())
    show(as_json, evaluation.to_json, lambda: evaluation.to_text(details))
    if len(evaluation.systems) > 1 and not details and not as_json:
        log.info("Give `details` for intervals, classes and confusions.")
