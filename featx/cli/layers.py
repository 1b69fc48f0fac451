"""`featx layers`."""

from pathlib import Path
from typing import Annotated

import typer


def layers(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders with a dense, lstm or fusion head."),
    ],
    dashed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An encoder or run to dash, as those that the registry knows as tuned for ASR.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Where layers.csv, layers.png and layers.pdf go.")
    ] = Path("layers"),
) -> None:
    """Show which layers heads weigh most, as learned and corrected for the layers' scale."""
    from featx.layer_analysis.tables import show_layers

    print(show_layers(runs, out, dashed or ()))
    print(
        f"Written: {', '.join(str(out / f'layers.{ending}') for ending in ('csv', 'png', 'pdf'))}"
    )
