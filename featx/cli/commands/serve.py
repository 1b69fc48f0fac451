"""`featx serve`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.shared import Calibrated, EncoderDevice, EncoderFolders


def serve(
    run: Annotated[
        Path,
        typer.Argument(
            help="The folder of a finished fit, fine-tuning or vote, or of a saved fine-tuned "
            "model."
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            help="The address to listen at; 127.0.0.1 is reached from this machine alone, 0.0.0.0 "
            "from wherever this machine is."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="The port to listen at; 0 for any that is free.")
    ] = 8000,
    encoder: EncoderFolders = None,
    device: EncoderDevice = "auto",
    calibrated: Calibrated = False,
    max_megabytes: Annotated[
        float, typer.Option(help="The largest recording that is taken, in millions of bytes.")
    ] = 50.0,
    max_seconds: Annotated[
        float, typer.Option(help="The longest recording that is taken, in seconds.")
    ] = 600.0,
    requests_per_minute: Annotated[
        int, typer.Option(help="How many recordings a client may send a minute.")
    ] = 60,
    waiting: Annotated[
        int,
        typer.Option(help="How many requests may wait; more are asked to come again."),
    ] = 32,
    batch: Annotated[
        int, typer.Option(help="How many recordings go through the encoder together.")
    ] = 8,
) -> None:
    """Offer a run as a page to record or drop speech on, and as POST /predict."""
    import featx

    featx.serve(
        run,
        host=host,
        port=port,
        encoder=encoder or (),
        device=device,
        calibrated=calibrated,
        max_megabytes=max_megabytes,
        max_seconds=max_seconds,
        requests_per_minute=requests_per_minute,
        waiting=waiting,
        batch=batch,
    )
