"""`featx report`."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, or predictions: files or folders."),
    ],
    out: Annotated[
        Path, typer.Option(help="The page; its tables go beside it as .md and .tex.")
    ] = Path("report.html"),
) -> None:
    """Put runs on one page: scores, differences, confusions, training, layers, mistakes."""
    from featx.reporting.page import write_report

    print(f"Written: {', '.join(map(str, write_report(runs, out)))}")
