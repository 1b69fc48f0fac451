"""`featx compare`."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Runs, prediction files, or folders of either."),
    ],
    manifest: Annotated[
        Path | None,
        typer.Option(help="A CSV that names the speakers, where the files have no speaker column."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write compare.md, compare.tex and compare.json to this folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare systems on the same test utterances: scores, cost, and whether they differ."""
    import featx
    from featx.comparison.tables import to_json, to_text, write_tables

    comparison = featx.compare(paths, manifest)
    files = [] if out is None else write_tables(out, comparison)
    print(to_json(comparison) if as_json else to_text(comparison))
    if files and not as_json:
        print(f"Written: {', '.join(map(str, files))}")
