"""`featx report`."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="Run folders, CSVs of predictions, or folders of either."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="The page; its tables are written next to it as .md and .tex.")
    ] = Path("report.html"),
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Score by the values of a column of the manifest too, such as age. Repeatable.",
        ),
    ] = None,
    maps: Annotated[
        list[Path] | None,
        typer.Option(
            "--map",
            metavar="FOLDER",
            help="A map of features to show too, as featx map wrote it. Repeatable.",
        ),
    ] = None,
) -> None:
    """Put runs on one page: scores, differences, confusions, training, layers, mistakes."""
    import featx

    print(f"Written: {', '.join(map(str, featx.report(runs, out, by=by or (), maps=maps or ())))}")
