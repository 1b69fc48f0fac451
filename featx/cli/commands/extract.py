"""`featx extract`."""

import logging
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.errors import explain_within
from featx.cli.options.complete import complete_model
from featx.cli.options.shared import Address, EngineChoice, api_arguments
from featx.cli.output import Json, show
from featx.errors import FeatxError
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Precision, TooLong, Window
from featx.utils.config import shipped_names
from featx.utils.remote.path import to_path

log = logging.getLogger("featx")


def extract(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Option(
            help="A short name (see `featx models`), a Hub id, a local folder or fairseq's .pt.",
            autocompletion=complete_model,
        ),
    ],
    manifest: Annotated[
        Path,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="The manifest that lists the utterances, or its URL.",
        ),
    ] = Path("manifest.csv"),
    revision: Annotated[
        str | None, typer.Option(help="A branch, tag or commit of the Hub repository.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="The store's folder (default: features/MANIFEST/MODEL), or a URL such as "
            "s3://bucket/store.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Keep the features in features/NAME/MODEL, which several manifests can share: "
            "what is there of the same audio under another id is not computed again.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            help="The layers to store, such as 0,4-12 (default: all). No layer above the highest "
            "is computed."
        ),
    ] = None,
    window: Annotated[
        Window,
        typer.Option(
            help="What Whisper sees at once: 30 s, filled up with silence as it was trained, or "
            "short, the utterance alone: 7 times as fast on RAVDESS with whisper-tiny.en, where a "
            "linear head had 73.1 instead of 74.4 % UAR, and by speaker 82.7 instead of 83.8 %."
        ),
    ] = "30",
    normalize_waveform: Annotated[
        NormalizeWaveform | None,
        typer.Option(
            help="Whether each waveform is brought to mean 0 and variance 1 (default: as the "
            "checkpoint says, or if it does not say, as its family was published)."
        ),
    ] = None,
    pool: Annotated[
        Pool | None,
        typer.Option(
            help="Keep one vector a layer of each utterance: the mean of its frames, or mean and "
            "deviation (default: all frames)."
        ),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option(
            min=1, help="Average frames to so many a second, such as 10 (default: all frames)."
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="PRESET",
            help="Extract changed copies in place of the utterances, which `featx fit --augmented` "
            f"adds to training: {', '.join(shipped_names('augmentation'))}, or the path of a TOML.",
        ),
    ] = None,
    copies: Annotated[
        int, typer.Option(min=1, help="How many changed copies of each utterance.")
    ] = 1,
    dtype: Annotated[
        Dtype | None,
        typer.Option(
            help="The type to store features in (default: float16; for features without a model, "
            "and for pooled ones, float32)."
        ),
    ] = None,
    compress: Annotated[
        bool,
        typer.Option(
            "--compress", help="Compress features, which loses nothing, when all are written."
        ),
    ] = False,
    precision: Annotated[
        Precision,
        typer.Option(
            help="The type to compute in; auto measures which is fastest and exact enough, once a "
            "machine and encoder, and keeps to it."
        ),
    ] = "float32",
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda or cuda:<number>; auto takes a GPU if there is one."),
    ] = "auto",
    devices: Annotated[str, typer.Option(help="How many GPUs to use, or all.")] = "1",
    batch_seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="Seconds of audio in a batch (default: 15 on a processor, 120 on a GPU).",
        ),
    ] = None,
    max_seconds: Annotated[
        float, typer.Option(min=0.1, help="The longest utterance that is taken, in seconds.")
    ] = 60.0,
    too_long: Annotated[
        TooLong, typer.Option(help="Refuse longer utterances, or trim them to their beginning.")
    ] = "refuse",
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help="Compute the features of utterances again whose audio has changed; without it "
            "they are refused.",
        ),
    ] = False,
    again: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Compute the features of this utterance again, though its audio is the same. Can "
            "be repeated.",
        ),
    ] = None,
    max_failures: Annotated[
        str | None,
        typer.Option(
            help="Stop when more utterances than this fail, such as 10 or 5% (default: the others "
            "are done, however many fail)."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Write only a part, such as 2/8, the second of eight, as a job of an array.",
        ),
    ] = None,
    engine: EngineChoice = "local",
    address: Address = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print hours, frames and bytes, and write nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the layers of a frozen speech model, or features without a model, to a feature store.

    If it is stopped at any moment, the same command continues where it was. Utterances without
    features are listed in failures.csv in the store's folder, and the exit code is then 1.
    """
    given = dict(locals())
    import featx

    extraction = featx.extract(**api_arguments(given))
    words = partial(explain_within, context)
    show(as_json, extraction.to_json, lambda: words(FeatxError(extraction.describe())))
    if dry_run:
        return
    if extraction.failures:
        raise typer.Exit(1)
    if not augment:
        where = f"--features {out}" if out else f"--model {model}"
        if store:
            where += f" --store {store}"
        first = "Once all parts are done" if shard else "Next"
        log.info("%s: featx fit --head dense --manifest %s %s", first, manifest, where)
