"""`featx models`."""

from typing import Annotated

import typer


def models(
    fetch: Annotated[
        str | None,
        typer.Option(help="Download the weights of this encoder, a short name or Hub id."),
    ] = None,
) -> None:
    """List the encoders that have a short name, and the features that need no model."""
    if fetch is None:
        _list()
        return
    from featx.features.encoders.checkpoints import fetch as fetch_weights

    checkpoint = fetch_weights(fetch)
    print(f"{fetch} is in {checkpoint.folder}")
    print(f"Next: featx extract --model {fetch}")


def _list() -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from featx.data.audio import SAMPLE_RATE
    from featx.features.acoustic.settings import read_acoustic
    from featx.features.encoders.checkpoints import read_registry

    encoders = Table(box=box.SIMPLE_HEAD)
    for column in ("model", "Hub id"):
        encoders.add_column(column, no_wrap=True)
    for column in ("blocks", "dim", "parameters"):
        encoders.add_column(column, justify="right", no_wrap=True)
    for column in ("pretraining", "licence"):
        encoders.add_column(column)
    for name, entry in read_registry().items():
        encoders.add_row(
            name,
            entry.hub_id,
            f"{entry.layers}",
            f"{entry.dim}",
            f"{entry.parameters / 1e6:.0f} M",
            entry.pretraining,
            entry.licence,
        )

    acoustic = Table(box=box.SIMPLE_HEAD)
    acoustic.add_column("without a model", no_wrap=True)
    for column in ("dim", "a frame every"):
        acoustic.add_column(column, justify="right", no_wrap=True)
    acoustic.add_column("what")
    for name, settings in read_acoustic().items():
        step = f"{1000 * settings.hop / SAMPLE_RATE:g} ms" if settings.hop else "utterance"
        acoustic.add_row(name, f"{settings.dim}", step, settings.what)

    width = None if Console().is_terminal else 200  # a pipe gets whole lines
    console = Console(width=width)
    console.print(encoders)
    print("--model also takes any other Hub id of these families, or a local folder.")
    print("--fetch MODEL downloads weights; other commands do it where they need them.")
    console.print(acoustic)
