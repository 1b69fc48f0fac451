"""`featx manifest`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_DEFAULT = Path("manifest.csv")  # where the other commands look


class CorpusName(StrEnum):
    """The corpora that can be read."""

    ravdess = "ravdess"
    iemocap = "iemocap"
    emodb = "emodb"
    folder = "folder"


class Channel(StrEnum):
    """RAVDESS's two vocal channels."""

    speech = "speech"
    song = "song"
    both = "both"


class Scenario(StrEnum):
    """IEMOCAP's two kinds of dialog."""

    improvised = "improvised"
    scripted = "scripted"
    both = "both"


def manifest(
    corpus: Annotated[CorpusName, typer.Argument(help="folder: any audio as LABEL/**/*.wav.")],
    root: Annotated[Path, typer.Argument(help="Where the corpus lies.")],
    out: Annotated[Path, typer.Option(help="The manifest.")] = _DEFAULT,
    labels: Annotated[
        str | None, typer.Option(help="Keep only these, such as angry,happy,sad.")
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Rename a label, before --labels; repeatable."),
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option(help="Of ravdess; speech if not given.")
    ] = None,
    scenario: Annotated[
        Scenario | None, typer.Option(help="Of iemocap; both if not given.")
    ] = None,
    speaker: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Of folder: one group finds the speaker in a path."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a manifest that differs.")
    ] = False,
) -> None:
    """List a corpus in a manifest: one row an utterance, with its audio file and label."""
    from featx.data.corpora.build import build_manifest
    from featx.data.summary import summarize

    options = {"channel": channel, "scenario": scenario, "speaker": speaker}
    kept = [label.strip() for label in labels.split(",")] if labels else []
    built = build_manifest(corpus, root, out, options, merge or [], kept, overwrite)
    for note in built.notes:
        print(f"Note: {note}.")
    print(f"{summarize(built.manifest)}\n\nManifest: {out}")
    chosen = "" if out == _DEFAULT else f" --manifest {out}"
    print(f"Next: featx extract --model wav2vec2-base{chosen}")
