"""`featx explain`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.shared import EncoderDevice, EncoderFolders, Longest


def explain(
    run: Annotated[Path, typer.Argument(help="The folder of a finished fit.")],
    file: Annotated[Path, typer.Argument(help="An audio file.")],
    label: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="The class or label to explain (default: the most probable), or the number, such "
            "as arousal, of a run that learned several.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="The folder where the picture and the CSV are written.")
    ] = Path("explained"),
    same_speaker: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="AUDIO",
            help="More audio of the same speaker, a file or folder, for runs normalised by "
            "speaker. Repeatable.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Explain only the heads of this seed (default: all).")
    ] = None,
    fold: Annotated[
        int | None, typer.Option(help="Explain only the heads of this fold (default: all).")
    ] = None,
    encoder: EncoderFolders = None,
    max_seconds: Longest = 60.0,
    device: EncoderDevice = "auto",
) -> None:
    """Show which layers and moments of an utterance speak for its class, or make its number."""
    import featx

    explanation = featx.explain(
        run,
        file,
        label=label,
        same_speaker=same_speaker or (),
        encoder=encoder or (),
        max_seconds=max_seconds,
        device=device,
        seed=seed,
        fold=fold,
    )
    print(explanation.to_text())
    for path in explanation.write(out):
        print(f"Written: {path}")
