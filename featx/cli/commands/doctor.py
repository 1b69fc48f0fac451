"""`featx doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.output import Json, show


def doctor(
    folder: Annotated[
        Path, typer.Argument(help="Where features are to be stored: its disk is tried.")
    ] = Path("features"),
    as_json: Json = False,
) -> None:
    """Check what featx needs of this machine, and say how to mend what is wrong."""
    import featx

    diagnosis = featx.doctor(folder)
    show(as_json, diagnosis.to_json, diagnosis.to_text)
    if diagnosis.problems:
        raise typer.Exit(1)
