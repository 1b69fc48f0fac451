"""`featx augment`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.shared import Manifest
from featx.cli.output import Json, written
from featx.cli.output import show as show_result
from featx.utils.config import shipped_names


def augment(
    show: Annotated[
        str,
        typer.Option(metavar="ID|FILE", help="The utterance to show, or an audio file."),
    ],
    preset: Annotated[
        str,
        typer.Option(
            help=f"How it is augmented: {', '.join(shipped_names('augmentation'))}, or the path "
            "of a TOML like theirs."
        ),
    ] = "mixed",
    manifest: Manifest = Path("manifest.csv"),
    copies: Annotated[int, typer.Option(min=1, help="How many changed copies to show.")] = 4,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("augmentation.html"),
    as_json: Json = False,
) -> None:
    """Write a page on which to hear and see what augmentation makes of an utterance."""
    import featx

    shown = featx.augment(show, manifest, preset=preset, copies=copies, out=out)
    show_result(as_json, shown.to_json, lambda: written(shown.to_text(), shown.page))
