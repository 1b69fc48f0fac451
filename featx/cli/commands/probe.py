"""`featx probe`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_model
from featx.cli.options.shared import (
    Folds,
    Manifest,
    ProtocolName,
    Seconds,
    SharedStore,
    SkipMissing,
    SpeakerDependent,
    Target,
    TaskChoice,
    api_arguments,
    refuse_overruled,
)
from featx.cli.output import Json, show
from featx.layer_analysis.probes.choices import OwnOrGlobal
from featx.utils.remote.path import to_path


def probe(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(
            help="The model whose layers to probe. It may be left out where the manifest has a "
            "single store.",
            autocompletion=complete_model,
        ),
    ] = None,
    manifest: Manifest = Path("manifest.csv"),
    features: Annotated[
        Path | None,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="The folder of the store, if it is not under features/, or its URL.",
        ),
    ] = None,
    store: SharedStore = None,
    layers: Annotated[
        str, typer.Option(help="Which layers to probe: all, or numbers and ranges such as 0,4-12.")
    ] = "all",
    normalize: Annotated[
        OwnOrGlobal,
        typer.Option(
            help="Standardise features by all training utterances (global), or before that by each "
            "speaker's own utterances, also in test (speaker)."
        ),
    ] = "global",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    weights_of: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN",
            help="Draw above the scores the weights that the heads of this run learned. Can be "
            "repeated.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the probe is called (default: MANIFEST-MODEL-PROTOCOL)."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace the probe of that name, once this one is done."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what each layer holds: a linear classifier on each, scored on unheard speakers."""
    given = dict(locals())
    from featx.layer_analysis.probes.probe import probe as probe_layers

    refuse_overruled(context)
    found = probe_layers(**api_arguments(given))
    show(as_json, found.to_json, lambda: f"{found.to_text()}\nProbe folder: {found.folder}")
