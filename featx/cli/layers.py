"""`featx layers`."""

from pathlib import Path
from typing import Annotated

import typer


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
) -> None:
    """Show which layers heads weigh most, as learned and corrected for the layers' scale."""
    from featx.layer_analysis.tables import show_layers

    shown = show_layers(runs, out, dashed=dashed or ())
    print(shown.to_text())
    print(f"Written: {', '.join(map(str, shown.files))}")
