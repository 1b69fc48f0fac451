"""`featx tune`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.complete import complete_head, complete_model, complete_space
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
from featx.fitting.choices import Normalize, head_names
from featx.tuning.choices import BESIDE_CONFIG
from featx.utils.remote.path import to_path


def tune(
    context: typer.Context,
    head: Annotated[
        str,
        typer.Option(
            help=f"The head: {', '.join(head_names())}, or the path of a TOML like theirs.",
            autocompletion=complete_head,
        ),
    ] = "dense",
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="The model whose features to use; repeat it for fusion. It may be left out where "
            "the manifest has a single store.",
            autocompletion=complete_model,
        ),
    ] = None,
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
    features: Annotated[
        list[Path] | None,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="The folder of the store, if it is not under features/, or its URL; repeatable.",
        ),
    ] = None,
    store: SharedStore = None,
    layers: Annotated[
        str,
        typer.Option(
            help="Which layers to use: all, local, contextual (the encoder's output), or numbers "
            "and ranges such as 0,4-12."
        ),
    ] = "all",
    normalize: Annotated[
        Normalize,
        typer.Option(
            help="Standardise features by all training utterances (global), by each speaker's own "
            "utterances, also in test (speaker), or not at all (none)."
        ),
    ] = "global",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    seeds: Annotated[
        int,
        typer.Option(min=1, help="How many heads to train for each fold with the chosen settings."),
    ] = 1,
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
    memory: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="How many GB features may take while heads train (default: 60 % of what is free).",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="cpu, or cuda to keep the features and train on a GPU.")
    ] = "cpu",
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
