"""`featx compare`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.shared import Speakers
from featx.cli.output import Json, show, written


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Runs, prediction files, or folders of either."),
    ],
    manifest: Speakers = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write compare.md, compare.tex and compare.json to this folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare systems on the same test utterances: scores, cost, and whether they differ."""
    import featx

    comparison = featx.compare(paths, manifest)
    files = [] if out is None else comparison.write(out)
    show(as_json, comparison.to_json, lambda: written(comparison.to_text(), *files))
