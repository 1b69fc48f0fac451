"""`featx fit`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.complete import complete_head, complete_model
from featx.cli.options import (
    OF_NO_PROTOCOL,
    Address,
    Config,
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
from featx.fitting.choices import BESIDE_CONFIG, Normalize, head_names
from featx.utils.remote.path import to_path


def fit(
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
        typer.Option(
            min=1, help="How many heads to train for each fold, each from another random seed."
        ),
    ] = 1,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    keep_duplicates: KeepDuplicates = False,
    final: Annotated[
        bool,
        typer.Option(
            "--final",
            help="Then train one more head for each seed on all utterances, which predict uses. "
            "A finished run without it is added to.",
        ),
    ] = False,
    settings: Settings = None,
    config: Config = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the run is called (default: MANIFEST-MODEL-HEAD-PROTOCOL)."),
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
    """Train a head on stored features, and score it on speakers that it has not heard."""
    import featx

    if config:
        beside = set(context.params) - BESIDE_CONFIG
        refuse(context, beside, "config", "which holds all of it; use `settings`")
    if features:
        refuse(context, {"model", "store"}, "features", "which says where they are")
    if protocol:
        refuse(context, OF_NO_PROTOCOL, "protocol", "which says how to divide")
    run = featx.fit(
        head=head,
        model=model or None,
        manifest=manifest,
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
        final=final,
        settings=settings or (),
        config=config,
        name=name,
        memory=memory,
        device=device,
        engine=engine,
        address=address,
        overwrite=overwrite,
    )
    show(as_json, run.to_json, lambda: f"{run.results.to_text()}\nRun folder: {run.folder}")
