"""`featx compare`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options import Speakers


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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare systems on the same test utterances: scores, cost, and whether they differ."""
    import featx

    comparison = featx.compare(paths, manifest)
    files = [] if out is None else comparison.write(out)
    print(comparison.to_json() if as_json else comparison.to_text())
    if files and not as_json:
        print(f"Written: {', '.join(map(str, files))}")
