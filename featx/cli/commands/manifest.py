"""`featx manifest`."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_mapping
from featx.cli.options.shared import api_arguments
from featx.cli.output import Json, show
from featx.data.choices import Channel, CorpusName, LabelSource, Scenario

log = logging.getLogger("featx")
_DEFAULT = Path("manifest.csv")  # where the other commands look
_LABELS = "Labels of any corpus"
_TABLES = "Folders and tables"
_SINGLE = "Single corpora"


def manifest(
    corpus: Annotated[
        CorpusName,
        typer.Argument(
            metavar="CORPUS",
            help="Which corpus it is (`featx corpora` lists them); folder is any audio as "
            "LABEL/**/*.wav, csv any table.",
        ),
    ],
    root: Annotated[Path, typer.Argument(help="The folder that holds the corpus, or the table.")],
    out: Annotated[Path, typer.Option(help="The manifest to write.")] = _DEFAULT,
    labels: Annotated[
        str,
        typer.Option(
            rich_help_panel=_LABELS,
            help="The labels to keep, such as angry,happy,sad (default: all).",
        ),
    ] = "",
    merge: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=_LABELS,
            metavar="OLD=NEW",
            help="Rename a label before labels are chosen. Can be repeated.",
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_LABELS,
            help="Map labels to other words, after --merge: a name that `featx corpora --labels` "
            "lists, or a TOML.",
            autocompletion=complete_mapping,
        ),
    ] = None,
    votes: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=_LABELS,
            metavar="CSV",
            help="What annotators gave, in the columns utterance, annotator, label: the most votes "
            "make the label, before --merge, and all of them the columns p_LABEL.",
        ),
    ] = None,
    channel: Annotated[
        Channel | None,
        typer.Option(
            rich_help_panel=_SINGLE, help="The channel of ravdess to list (default: speech)."
        ),
    ] = None,
    scenario: Annotated[
        Scenario | None,
        typer.Option(
            rich_help_panel=_SINGLE, help="The dialogs of iemocap to list (default: both)."
        ),
    ] = None,
    label_source: Annotated[
        LabelSource | None,
        typer.Option(
            rich_help_panel=_SINGLE,
            help="The labels of crema-d: acted, or as raters perceived (default: acted).",
        ),
    ] = None,
    speaker: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES,
            metavar="REGEX",
            help="For folder and csv: its only group finds the speaker in a path.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES,
            metavar="REGEX",
            help="For folder and csv: its only group finds the label in a path.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES,
            metavar="NAME=COLUMN,...",
            help="For csv, huggingface and audformat: which columns are path, label, speaker, "
            "utterance, split, start, end, session, such as path=file,label=emotion.",
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES,
            help="For csv: what separates columns, such as ';' or tab (default: seen).",
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES, help="For csv: its encoding, such as latin-1 (default: UTF-8)."
        ),
    ] = None,
    audio: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TABLES,
            help="For csv: the folder of the audio, at any depth (default: the table's own).",
        ),
    ] = None,
    unpack: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_SINGLE,
            metavar="FOLDER",
            help="For meld and huggingface: where sound of films and tables goes.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_SINGLE,
            help="For audformat: the labels' table; for kaldi: their file; for huggingface: the "
            "configuration.",
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            help="What to divide samples by where files of floating-point numbers hold integers, "
            "such as 32768."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a manifest that says something else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List a corpus in a manifest: a row for each utterance, with its audio file and label."""
    given = dict(locals())
    import featx
    from featx.data.summary import summarize, summary_values

    built = featx.build_manifest(**api_arguments(given))
    show(
        as_json,
        lambda: {"manifest": str(out), **summary_values(built)},
        lambda: f"{summarize(built)}\n\nManifest: {out}",
    )
    chosen = "" if out == _DEFAULT else f" --manifest {out}"
    log.info("Next: featx extract --model MODEL%s (`featx models` lists the models)", chosen)
