"""`featx manifest`."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.output import Json, show
from featx.data.choices import Channel, CorpusName, LabelSource, Scenario

log = logging.getLogger("featx")
_DEFAULT = Path("manifest.csv")  # where the other commands look


def manifest(
    corpus: Annotated[
        CorpusName,
        typer.Argument(help="Which corpus it is; folder is any audio as LABEL/**/*.wav."),
    ],
    root: Annotated[Path, typer.Argument(help="The folder that holds the corpus.")],
    out: Annotated[Path, typer.Option(help="The manifest to write.")] = _DEFAULT,
    labels: Annotated[
        str, typer.Option(help="The labels to keep, such as angry,happy,sad (default: all).")
    ] = "",
    merge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW", help="Rename a label before labels are chosen. Can be repeated."
        ),
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option(help="The channel of ravdess to list (default: speech).")
    ] = None,
    scenario: Annotated[
        Scenario | None, typer.Option(help="The dialogs of iemocap to list (default: both).")
    ] = None,
    label_source: Annotated[
        LabelSource | None,
        typer.Option(help="The labels of crema-d: acted, or as raters perceived (default: acted)."),
    ] = None,
    speaker: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="For folder: its only group finds the speaker in a path."
        ),
    ] = None,
    unpack: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="For meld and huggingface: where sound of films and tables goes."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="OURS=THEIRS,...",
            help="For huggingface and audformat: columns, as label=emotion,speaker=speaker_id.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="For audformat: the labels' table; for kaldi: their file; for huggingface: the "
            "configuration."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a manifest that says something else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List a corpus in a manifest: a row for each utterance, with its audio file and label."""
    import featx
    from featx.data.summary import summarize, summary_values

    built = featx.build_manifest(
        corpus,
        root,
        out,
        labels=labels,
        merge=merge or (),
        channel=channel,
        scenario=scenario,
        label_source=label_source,
        speaker=speaker,
        unpack=unpack,
        columns=columns,
        table=table,
        overwrite=overwrite,
    )
    show(
        as_json,
        lambda: {"manifest": str(out), **summary_values(built)},
        lambda: f"{summarize(built)}\n\nManifest: {out}",
    )
    chosen = "" if out == _DEFAULT else f" --manifest {out}"
    log.info("Next: featx extract --model MODEL%s (`featx models` lists the models)", chosen)
