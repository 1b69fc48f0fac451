"""`featx push`."""

from pathlib import Path
from typing import Annotated

import typer


def push(
    run: Annotated[
        Path,
        typer.Argument(help="The folder of a finished fit or fine-tuning, or of a saved model."),
    ],
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where on the Hub.")],
    dry_run: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write what would be sent to this folder, and send nothing."
        ),
    ] = None,
    with_predictions: Annotated[
        bool,
        typer.Option(
            "--with-predictions",
            help="Send predictions.csv too, whose names of utterances may tell about people.",
        ),
    ] = False,
    license: Annotated[
        str, typer.Option(help="The licence for the card, such as mit or cc-by-nc-4.0.")
    ] = "",
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see it (default: private).")
    ] = False,
) -> None:
    """Send a trained model to the Hugging Face Hub, with a model card."""
    import featx

    pushed = featx.push(
        run,
        repository,
        dry_run=dry_run,
        with_predictions=with_predictions,
        license=license,
        public=public,
    )
    print("Would be sent:" if dry_run else "Sent:", ", ".join(pushed.files))
    for note in pushed.notes:
        print(note.replace("`with_predictions`", "--with-predictions"))
    if dry_run:
        print(f"Nothing was sent. Look at it: {pushed.place}, the card is README.md.")
    else:
        print(f"It is at {pushed.place}")
