"""`featx evaluate`."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE.csv...", help="Predictions: files or folders.")
    ],
    manifest: Annotated[
        Path | None, typer.Option(help="Tells the speakers, where there is no speaker column.")
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="The full tables of each of several systems.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score prediction files: a row an utterance, a folder a system."""
    from featx.comparison.evaluate import evaluate as score_files

    evaluation = score_files(paths, manifest)
    print(evaluation.to_json() if as_json else evaluation.to_text(details))
