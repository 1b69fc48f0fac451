"""`featx compare`."""

from pathlib import Path
from typing import Annotated

import typer


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, or predictions: files or folders."),
    ],
    manifest: Annotated[
        Path | None, typer.Option(help="Tells the speakers, where there is no speaker column.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write compare.md, compare.tex and compare.json here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare systems on the same test utterances: scores, cost, and whether they differ."""
    from featx.comparison.compare import compare as compare_systems
    from featx.comparison.tables import to_json, to_text, write_tables

    comparison = compare_systems(paths, manifest)
    files = [] if out is None else write_tables(out, comparison)
    print(to_json(comparison) if as_json else to_text(comparison))
    if files and not as_json:
        print(f"Written: {', '.join(map(str, files))}")
