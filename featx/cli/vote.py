"""`featx vote`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options import refuse


class Rule(StrEnum):
    """How votes count."""

    hard = "hard"
    soft = "soft"
    weighted = "weighted"


class Tie(StrEnum):
    """Which of equally many wins."""

    auto = "auto"
    probability = "probability"
    first = "first"


BESIDE_CONFIG = {"config", "name", "out", "overwrite"}


def vote(
    context: typer.Context,
    systems: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN_OR_CSV...", help="Run folders, or predictions: a file each."),
    ] = None,
    rule: Annotated[
        Rule,
        typer.Option(help="Count predictions, average probabilities, or weigh by validation UAR."),
    ] = Rule.hard,
    tie: Annotated[
        Tie,
        typer.Option(help="Of equally many: highest summed probability (auto), or first-named."),
    ] = Tie.auto,
    search: Annotated[
        str, typer.Option(help="Choose so many, such as 3,5, on the validation predictions.")
    ] = "",
    over_seeds: Annotated[
        bool, typer.Option("--over-seeds", help="Let every seed vote as a system of its own.")
    ] = False,
    manifest: Annotated[
        Path | None, typer.Option(help="Tells the speakers, where there is no speaker column.")
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="A published vote, or repeat the run with this config.toml.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the run (default: vote-RULE-MEMBERS).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run, if not under runs/.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run.")] = False,
) -> None:
    """Combine systems by voting, joined by utterance, into a run of its own."""
    from featx.runs.folder import run_folder
    from featx.voting.config import file_config, vote_config
    from featx.voting.run import REPORT, run_vote

    if config:
        refuse(context, set(context.params) - BESIDE_CONFIG, "config", "which holds all of it")
        resolved = file_config(config)
    else:
        resolved = vote_config(
            systems or [],
            rule=rule.value,
            tie=tie.value,
            search=search,
            over_seeds=over_seeds,
            manifest=manifest,
        )
    if out:
        refuse(context, {"name"}, "out", "which says where the run goes")
    folder = out or run_folder(name or resolved.name)
    run_vote(resolved, folder, overwrite)
    print((folder / REPORT).read_text("utf-8"))
    print(f"Run folder: {folder}")
