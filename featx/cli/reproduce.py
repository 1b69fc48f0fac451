"""`featx reproduce`."""

from pathlib import Path
from typing import Annotated

import typer

_OUT = Path("reproduced")


def reproduce(
    paper: Annotated[str, typer.Argument(help="pepino2021, gavali2023, gavali202x or wang2021.")],
    data: Annotated[
        list[Path], typer.Option(help="Where a corpus of the paper lies; repeat it for others.")
    ],
    variant: Annotated[
        list[str] | None,
        typer.Option(help="Only these settings, where text and code differ (default: all)."),
    ] = None,
    row: Annotated[
        list[str] | None, typer.Option(help="Only these systems, by the names of their runs.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the tables.")] = _OUT,
) -> None:
    """Run what a paper ran, as far as features or weights are here, and compare its figures.

    Stopped at any moment, the same command goes on from there.
    """
    from featx.experiments.papers import read_paper
    from featx.experiments.reproduce import reproduce as run_rows
    from featx.experiments.reproduce_tables import to_text, write_tables

    published = read_paper(paper)
    results = list(run_rows(paper, published, data, variant or (), row or ()))
    files = write_tables(out, paper, published, results)
    print(f"\n{to_text(published, results)}")
    print(f"Written: {', '.join(map(str, files))}")
