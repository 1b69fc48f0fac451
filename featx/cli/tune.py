"""`featx tune`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.complete import complete_space
from featx.cli.head_options import (
    HeadChoice,
    HeadDevice,
    Layers,
    Memory,
    Models,
    NormalizeChoice,
    Seeds,
    Stores,
)
from featx.cli.options import (
    OF_NO_PROTOCOL,
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
    refuse,
)
from featx.cli.output import Json, show
from featx.tuning.choices import BESIDE_CONFIG


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
    import featx
    from featx.runs.files import FOUND, REPORT

    if config:
        beside = set(context.params) - BESIDE_CONFIG
        refuse(context, beside, "config", "which holds all of it; use `settings`")
    if features:
        refuse(context, {"model", "store"}, "features", "which says where they are")
    if protocol:
        refuse(context, OF_NO_PROTOCOL, "protocol", "which says how to divide")
    run = featx.tune(
        head=head,
        model=model or None,
        manifest=manifest,
        space=space,
        trials=trials,
        inner_folds=inner_folds,
        seed=seed,
        features=features or None,
        store=store,
        layers=layers,
        normalize=normalize,
        protocol=protocol,
        target=target or None,
        task=task,
        seeds=seeds,
        folds=folds,
        speaker_dependent=speaker_dependent,
        seconds=seconds,
        skip_missing=skip_missing,
        keep_duplicates=keep_duplicates,
        settings=settings or (),
        config=config,
        name=name,
        memory=memory,
        device=device,
        engine=engine,
        address=address,
        overwrite=overwrite,
    )
    report = (run.folder / REPORT).read_text("utf-8")
    going_on = f"featx fit --config {run.folder / FOUND} --final"
    show(
        as_json,
        run.to_json,
        lambda: f"{report}\nA head with these settings: {going_on}\nRun folder: {run.folder}",
    )
