"""`featx models`."""

import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featx.cli.options.complete import complete_encoder
from featx.cli.output import Json, show

if TYPE_CHECKING:
    from rich.table import Table

log = logging.getLogger("featx")


def models(
    model: Annotated[
        str | None,
        typer.Option(
            "--fetch",
            help="Download the weights of this encoder, a short name or Hub id.",
            autocompletion=complete_encoder,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the encoders that have a short name, and the features that need no model."""
    if model is None:
        show(as_json, _values, _table)
        if not as_json:
            log.info(
                "--model also takes any other Hub id of these families, a local folder, or a file "
                "of fairseq (.pt)."
            )
            log.info("--fetch MODEL downloads weights; other commands do it where they need them.")
        return
    from featx.features.encoders.checkpoints.find import fetch

    folder = fetch(model).folder
    show(
        as_json,
        lambda: {"model": model, "folder": str(folder)},
        lambda: f"{model} is in {folder}",
    )
    log.info("Next: featx extract --model %s", model)


def _values() -> dict[str, Any]:
    from featx.features.acoustic.settings import read_acoustic
    from featx.features.encoders.checkpoints.registry import read_registry

    registry, acoustic = read_registry(), read_acoustic()
    return {
        "encoders": {
            name: entry.model_dump(mode="json", exclude={"package"})
            for name, entry in registry.items()
        },
        "acoustic": {
            name: {**settings.model_dump(mode="json"), "dim": settings.dim}
            for name, settings in acoustic.items()
        },
    }


def _table() -> str:
    from rich.console import Console

    width = None if Console().is_terminal else 200  # a pipe gets whole lines
    console = Console(width=width)
    with console.capture() as capture:
        console.print(_encoders(), _acoustic())
    return capture.get().rstrip("\n")


def _encoders() -> "Table":
    from rich import box
    from rich.table import Table

    from featx.features.encoders.checkpoints.registry import read_registry

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("model", "Hub id"):
        table.add_column(column, no_wrap=True)
    for column in ("blocks", "dim", "parameters"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("pretraining", "licence"):
        table.add_column(column)
    for name, entry in read_registry().items():
        size = f"{entry.parameters / 1e6:.0f} M"
        numbers = f"{entry.layers}", f"{entry.dim}", size
        table.add_row(name, entry.hub_id, *numbers, entry.pretraining, entry.licence)
    return table


def _acoustic() -> "Table":
    from rich import box
    from rich.table import Table

    from featx.data.audio import SAMPLE_RATE
    from featx.features.acoustic.settings import read_acoustic

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("without a model", no_wrap=True)
    for column in ("dim", "a frame every"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what")
    for name, settings in read_acoustic().items():
        step = f"{1000 * settings.hop / SAMPLE_RATE:g} ms" if settings.hop else "utterance"
        table.add_row(name, f"{settings.dim}", step, settings.what)
    return table
