"""`featx demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("featx-demo"),
) -> None:
    """Show the whole way from audio to a report on a synthetic corpus, offline, in a minute."""
    from featx.cli.main import app
    from featx.demo.tour import give_tour

    give_tour(out, lambda arguments: app(list(arguments), standalone_mode=False))
