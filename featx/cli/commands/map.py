"""`featx map`."""

from pathlib import Path
from typing import Annotated

import typer

from classifiers.choices import MomentPooling
from featx.cli.options.complete import complete_model
from featx.cli.options.shared import Manifest, SharedStore, api_arguments, refuse_overruled
from featx.cli.output import Json, show, written
from featx.layer_analysis.maps.choices import MapMethod, Metric
from featx.utils.remote.path import to_path


def map(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(
            help="The model whose features to map. It may be left out where the manifest has a "
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
        str, typer.Option(help="Which layers to map: all, or numbers and ranges such as 0,4-12.")
    ] = "all",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="COLUMN",
            help="A column of the manifest to colour and separate utterances by, besides label, "
            "speaker, corpus and sex. Repeatable.",
        ),
    ] = None,
    method: Annotated[
        MapMethod,
        typer.Option(help="t-SNE, or UMAP (pip install 'featx[map]')."),
    ] = "tsne",
    neighbours: Annotated[
        int | None,
        typer.Option(
            help="The perplexity of t-SNE (default: 30), or the neighbours of UMAP (default: 15)."
        ),
    ] = None,
    metric: Annotated[
        Metric, typer.Option(help="How far utterances are from each other.")
    ] = "cosine",
    pooling: Annotated[
        MomentPooling,
        typer.Option(help="What frames are pooled to: their mean, or mean and deviation."),
    ] = "mean",
    sample: Annotated[
        int,
        typer.Option(
            help="Of more utterances, so many are drawn, of each label and speaker their share."
        ),
    ] = 2000,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder that is written (default: maps/MANIFEST-MODEL)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Map utterances by each layer's features, to see and hear, with silhouettes by layer."""
    given = dict(locals())
    import featx

    refuse_overruled(context)
    mapped = featx.map_features(**api_arguments(given))
    show(as_json, mapped.to_json, lambda: written(mapped.to_text(), mapped.page, *mapped.files))
