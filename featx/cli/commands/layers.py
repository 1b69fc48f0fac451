"""`featx layers`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.output import Json, show, written


def layers(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="Run folders with a head that averages layers, such as dense."
        ),
    ],
    dashed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An encoder, store or run to draw dashed, as encoders fine-tuned for ASR are. "
            "Can be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(help="The folder where layers.csv, layers.png and layers.pdf are written."),
    ] = Path("layers"),
    as_json: Json = False,
) -> None:
    """Show which layers heads weigh most, as learned and corrected for the layers' scale."""
    from featx.layer_analysis.tables import show_layers

    shown = show_layers(runs, out, dashed=dashed or ())
    show(as_json, shown.to_json, lambda: written(shown.to_text(), *shown.files))
