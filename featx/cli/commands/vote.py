"""`featx vote`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.shared import Overwrite, Speakers, refuse
from featx.cli.output import Json, show
from featx.voting.choices import WITH_CONFIG, BestBy, Rule, SelectOn, TieRule


def vote(
    context: typer.Context,
    systems: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN_OR_CSV...",
            help="Run folders, or prediction files, a file for each system.",
        ),
    ] = None,
    rule: Annotated[
        Rule | None,
        typer.Option(
            help="Of classes: count predictions (hard), average probabilities (soft), or weigh "
            "each prediction by its system's UAR on validation data (weighted). Of numbers: take "
            "their mean (mean), or weigh each system by its CCC on validation data (weighted). Of "
            "several labels: soft, or hard. The first of each is the default."
        ),
    ] = None,
    tie: Annotated[
        TieRule,
        typer.Option(
            help="Which of the classes with equally many votes wins: the one with the highest "
            "summed probability, or the one that the first-named system voted for. With auto it "
            "is the former where all systems have probabilities."
        ),
    ] = "auto",
    search: Annotated[
        str,
        typer.Option(
            help="How many systems are to vote, such as 3,5. Of all combinations of so many, the "
            "one with the best score on validation data votes; in a cross-validation each fold "
            "has a choice of its own."
        ),
    ] = "",
    select_on: Annotated[
        SelectOn,
        typer.Option(
            help="What --search looks at. On test data it chooses as published ensembles were "
            "chosen: the scores are OPTIMISTIC."
        ),
    ] = "validation",
    best_by: Annotated[
        BestBy, typer.Option(help="The score by which --search chooses: UAR, or accuracy (wa).")
    ] = "uar",
    at_least: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            help="What a system must have of that score alone for --search to choose it.",
        ),
    ] = None,
    over_seeds: Annotated[
        bool, typer.Option("--over-seeds", help="Let every seed vote as a system of its own.")
    ] = False,
    manifest: Speakers = None,
    config: Annotated[
        str | None,
        typer.Option(help="Repeat the vote that has this config.toml."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the run is called (default: vote-RULE-SYSTEMS).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder of the run, if it is not to be runs/NAME.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Combine systems by voting, joined by utterance, into a run of its own."""
    import featx
    from featx.runs.files import REPORT

    if config:
        refuse(context, set(context.params) - WITH_CONFIG, "config", "which holds all of it")
    if out:
        refuse(context, {"name"}, "out", "which says where the run goes")
    run = featx.vote(
        systems or (),
        rule=rule,
        tie=tie,
        search=search,
        select_on=select_on,
        best_by=best_by,
        at_least=at_least,
        over_seeds=over_seeds,
        manifest=manifest,
        config=config,
        name=name,
        out=out,
        overwrite=overwrite,
    )
    report = (run.folder / REPORT).read_text("utf-8")
    show(as_json, run.to_json, lambda: f"{report}\nRun folder: {run.folder}")
