"""`featx extract`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Dtype(StrEnum):
    """How features are stored."""

    float16 = "float16"
    float32 = "float32"


def extract(
    model: Annotated[
        str, typer.Option(help="Short name (see `featx models`), Hub id or local folder.")
    ],
    manifest: Annotated[Path, typer.Option(help="The utterances.")] = Path("manifest.csv"),
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub repository.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The store's folder.  [default: features/MANIFEST/MODEL]")
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="Type of the stored values.")] = Dtype.float16,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print hours, frames and bytes; write nothing.")
    ] = False,
) -> None:
    """Write every layer of a frozen speech model to a feature store.

    Stopped at any moment, the same command goes on from there.
    """
    from featx.encoder_shape import find_shape, read_shape
    from featx.extract import extract as write_store
    from featx.extract import plan_extraction
    from featx.manifest import load_manifest
    from featx.registry import find_checkpoint
    from featx.stores import store_folder

    utterances = load_manifest(manifest)
    folder = out or store_folder(manifest, model)
    if dry_run:
        plan = plan_extraction(utterances, find_shape(model, revision), dtype)
        print(f"{plan.describe()}\nDry run, nothing was written. The store would be {folder}.")
        return
    checkpoint = find_checkpoint(model, revision)
    plan = plan_extraction(utterances, read_shape(checkpoint.folder), dtype)
    print(plan.describe())
    extraction = write_store(plan, checkpoint, folder)
    print(extraction.describe())
    if extraction.failures:
        raise typer.Exit(1)
    where = f"--features {out}" if out else f"--model {model}"
    print(f"Next: featx fit --head dense --manifest {manifest} {where}")
