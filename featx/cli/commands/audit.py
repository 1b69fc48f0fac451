"""`featx audit`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.output import Json, show, written
from featx.utils.remote.path import to_path


def audit(
    manifest: Annotated[
        Path,
        typer.Argument(
            parser=to_path,
            metavar="[MANIFEST]",
            help="The manifest that lists the utterances, or its URL.",
        ),
    ] = Path("manifest.csv"),
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("audit.html"),
    sounds: Annotated[
        Path | None,
        typer.Option(help="A CSV to write besides: what was measured of each utterance."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for all that can be wrong with a corpus: its audio, labels, speakers and files."""
    import featx

    found = featx.audit(manifest, out, sounds=sounds)
    files = [path for path in (out, sounds) if path]
    show(as_json, found.to_json, lambda: written(found.to_text(), *files))
    if found.errors:
        raise typer.Exit(1)
