"""`featx cross`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.complete import complete_head, complete_model
from featx.cli.options import (
    Address,
    EngineChoice,
    Folds,
    KeepDuplicates,
    Overwrite,
    ProtocolName,
    Seconds,
    Settings,
    SharedStore,
    SkipMissing,
    Target,
    TaskChoice,
)
from featx.cli.output import Json, show, written
from featx.fitting.choices import Normalize, head_names
from featx.utils.remote.path import to_path


def cross(
    manifests: Annotated[
        list[Path],
        typer.Argument(
            parser=to_path, metavar="MANIFEST...", help="The manifests of two or more corpora."
        ),
    ],
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
            "each manifest has a single store.",
            autocompletion=complete_model,
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
            help="Standardise features by all training utterances (global), by each corpus's own "
            "utterances, also in test (corpus), by each speaker's (speaker), or not at all (none)."
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
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    keep_duplicates: KeepDuplicates = False,
    settings: Settings = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the runs' names begin with (default: those that fit gives)."),
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
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write cross.md, cross.tex, cross.json and the heat map as cross.png, cross.pdf "
            "and cross.svg to this folder."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train on every corpus and test on every corpus, speakers always apart."""
    import featx

    matrix = featx.cross(
        manifests,
        head=head,
        model=model or None,
        store=store,
        layers=layers,
        normalize=normalize,
        protocol=protocol,
        target=target or None,
        task=task,
        seeds=seeds,
        folds=folds,
        seconds=seconds,
        skip_missing=skip_missing,
        keep_duplicates=keep_duplicates,
        settings=settings or (),
        name=name,
        memory=memory,
        device=device,
        engine=engine,
        address=address,
        overwrite=overwrite,
    )
    files = [] if out is None else matrix.write(out)
    show(as_json, matrix.to_json, lambda: written(matrix.to_text(), *files))
