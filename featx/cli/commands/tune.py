"""`featx tune`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_space
from featx.cli.options.heads import (
    HeadChoice,
    HeadDevice,
    Layers,
    Memory,
    Models,
    NormalizeChoice,
    Seeds,
    Stores,
)
from featx.cli.options.shared import (
    Address,
    EngineChoice,
    Folds,
    KeepDuplicates,
    Manifest,
    Overwrite,
    ProtocolName,
    Seconds,
    Settings,
    SharedStore,
    SkipMissing,
    SpeakerDependent,
    Target,
    TaskChoice,
    api_arguments,
    refuse_overruled,
)
from featx.cli.output import Json, show
from featx.tuning.choices import WITH_CONFIG


def tune(
    context: typer.Context,
    head: HeadChoice = "dense",
    model: Models = None,
    manifest: Manifest = Path("manifest.csv"),
    space: Annotated[
        str | None,
        typer.Option(
            help="What may be chosen: the path of a TOML, or the name of a shipped space "
            "(default: the head's own).",
            autocompletion=complete_space,
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="How many settings are tried in each fold.")
    ] = 30,
    inner_folds: Annotated[
        int,
        typer.Option(
            min=3, help="Into how many folds what trains and validates in a fold is divided."
        ),
    ] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The seed of what is tried.")] = 0,
    features: Stores = None,
    store: SharedStore = None,
    layers: Layers = "all",
    normalize: NormalizeChoice = "global",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    seeds: Seeds = 1,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    keep_duplicates: KeepDuplicates = False,
    settings: Settings = None,
    config: Annotated[
        Path | None, typer.Option(help="Repeat the search that has this config.toml.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the run is called (default: tune-MANIFEST-MODEL-HEAD-PROTOCOL)."),
    ] = None,
    memory: Memory = None,
    device: HeadDevice = "cpu",
    engine: EngineChoice = "local",
    address: Address = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Search a head's settings in each fold, and score them on speakers that chose nothing."""
    given = dict(locals())
    import featx
    from featx.runs.files import FOUND, REPORT

    refuse_overruled(context, WITH_CONFIG)
    run = featx.tune(**api_arguments(given))
    report = (run.folder / REPORT).read_text("utf-8")
    going_on = f"featx fit --config {run.folder / FOUND} --final"
    show(
        as_json,
        run.to_json,
        lambda: f"{report}\nA head with these settings: {going_on}\nRun folder: {run.folder}",
    )
