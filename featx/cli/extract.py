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
    dtype: Annotated[
        Dtype | None,
        typer.Option(help="Of the stored values (default: float16; without a model, float32)."),
    ] = None,
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
    """Write the layers of a frozen speech model, or features without one, to a feature store.

    Stopped at any moment, the same command goes on from there.
    """
    from featx.data.manifest import load_manifest
    from featx.features.extract import extract as write_store
    from featx.features.extractors import EncoderOptions, find_extractor
    from featx.features.plan import LengthLimit, plan_extraction
    from featx.features.stores import store_folder

    utterances = load_manifest(manifest)
    folder = out or store_folder(manifest, model)
    limit = LengthLimit(max_seconds, too_long is TooLong.trim)
    options = EncoderOptions(revision, layers, precision.value, device, devices, batch_seconds)
    # what can't be computed is refused before every file is read
    extractor = find_extractor(model, options, dry_run)
    stored = extractor.dtype if dtype is None else dtype.value
    plan = plan_extraction(utterances, extractor.shape, stored, extractor.layers, limit)
    print(plan.describe())
    if dry_run:
        print(f"Dry run, nothing was written. The store would be {folder}.")
        return
    extraction = write_store(plan, extractor, folder)
    print(extraction.describe())
    if extraction.failures:
        raise typer.Exit(1)
    where = f"--features {out}" if out else f"--model {model}"
    print(f"Next: featx fit --head dense --manifest {manifest} {where}")
