"""`featx cross`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.heads import (
    HeadChoice,
    HeadDevice,
    Layers,
    Memory,
    Models,
    NormalizeChoice,
    Seeds,
)
from featx.cli.options.shared import (
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
from featx.utils.remote.path import to_path


def cross(
    manifests: Annotated[
        list[Path],
        typer.Argument(
            parser=to_path, metavar="MANIFEST...", help="The manifests of two or more corpora."
        ),
    ],
    head: HeadChoice = "dense",
    model: Models = None,
    store: SharedStore = None,
    layers: Layers = "all",
    normalize: NormalizeChoice = "global",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    seeds: Seeds = 1,
    folds: Folds = 5,
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    keep_duplicates: KeepDuplicates = False,
    settings: Settings = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the runs' names begin with (default: those that fit gives)."),
    ] = None,
    memory: Memory = None,
    device: HeadDevice = "cpu",
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
