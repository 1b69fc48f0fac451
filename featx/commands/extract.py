"""`featx extract`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Dtype(StrEnum):
    """How features are stored."""

    float16 = "float16"
    float32 = "float32"


class Precision(StrEnum):
    """How features are computed."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


class TooLong(StrEnum):
    """What becomes of an utterance longer than the limit."""

    refuse = "refuse"
    trim = "trim"


def extract(
    model: Annotated[
        str, typer.Option(help="Short name (see `featx models`), Hub id or local folder.")
    ],
    manifest: Annotated[Path, typer.Option(help="The utterances.")] = Path("manifest.csv"),
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub repository.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The store's folder (default: features/MANIFEST/MODEL).")
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(help="Such as 0,4-12 (default: all); none above is computed."),
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="Type of the stored values.")] = Dtype.float16,
    precision: Annotated[
        Precision,
        typer.Option(help="Type to compute in; auto measures which is fastest and exact enough."),
    ] = Precision.auto,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda or cuda:<number>; auto takes a GPU if there is one."),
    ] = "auto",
    devices: Annotated[str, typer.Option(help="How many GPUs, or all.")] = "1",
    batch_seconds: Annotated[
        float | None,
        typer.Option(min=0.1, help="Audio in a batch, in s (default: 15 on a CPU, 120 on a GPU)."),
    ] = None,
    max_seconds: Annotated[
        float, typer.Option(min=0.1, help="The longest utterance taken, in s.")
    ] = 60.0,
    too_long: Annotated[
        TooLong, typer.Option(help="Refuse longer utterances, or keep their beginning.")
    ] = TooLong.refuse,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print hours, frames and bytes; write nothing.")
    ] = False,
) -> None:
    """Write the layers of a frozen speech model to a feature store.

    Stopped at any moment, the same command goes on from there.
    """
    from featx.encoders.devices import find_devices
    from featx.encoders.shape import find_shape, read_shape
    from featx.extract import Computing
    from featx.extract import extract as write_store
    from featx.extraction_plan import LengthLimit, plan_extraction
    from featx.layers import parse_layers
    from featx.manifest import load_manifest
    from featx.registry import find_checkpoint
    from featx.stores import store_folder

    utterances = load_manifest(manifest)
    folder = out or store_folder(manifest, model)
    checkpoint = None if dry_run else find_checkpoint(model, revision)
    shape = read_shape(checkpoint.folder) if checkpoint else find_shape(model, revision)
    chosen = None if layers is None else parse_layers(layers, shape.blocks)
    limit = LengthLimit(max_seconds, too_long is TooLong.trim)
    if checkpoint:  # what can't be computed is refused before every file is read
        computing = Computing(precision.value, find_devices(device, devices), batch_seconds)
    plan = plan_extraction(utterances, shape, dtype.value, chosen, limit)
    print(plan.describe())
    if checkpoint is None:
        print(f"Dry run, nothing was written. The store would be {folder}.")
        return
    extraction = write_store(plan, checkpoint, folder, computing)
    print(extraction.describe())
    if extraction.failures:
        raise typer.Exit(1)
    where = f"--features {out}" if out else f"--model {model}"
    print(f"Next: featx fit --head dense --manifest {manifest} {where}")
