"""`featx demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("featx-demo"),
) -> None:
    """Show the whole way from audio to a report on a synthetic corpus, in a minute or two."""
    from featx.demo.tour import give_tour

    featx = context.find_root().command
    give_tour(out, lambda arguments: featx.main(list(arguments), standalone_mode=False))
