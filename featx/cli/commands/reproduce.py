"""`featx reproduce`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_paper
from featx.cli.output import Json, show, written

_OUT = Path("reproduced")


def reproduce(
    paper: Annotated[
        str,
        typer.Argument(
            help="pepino2021, gavali2023, gavali202x or wang2021.", autocompletion=complete_paper
        ),
    ],
    data: Annotated[
        list[Path], typer.Option(help="The folder of a corpus; repeat the option for others.")
    ],
    variant: Annotated[
        list[str] | None,
        typer.Option(help="Run only these settings of the paper's file (default: all)."),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            help="Run only these systems, by their names in the names of runs, such as hubert-base."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the tables.")] = _OUT,
    as_json: Json = False,
) -> None:
    """Run what a paper ran, as far as features or weights are here, and compare its figures.

    If it is stopped at any moment, the same command goes on from there.
    """
    from featx.experiments.papers.reproduce import reproduce as run_paper

    found = run_paper(paper, data, variant=variant or (), row=row or (), out=out)
    show(as_json, found.to_json, lambda: written(f"\n{found.to_text()}", *found.files))
    if any(result.failure for result in found.results):
        raise typer.Exit(1)
