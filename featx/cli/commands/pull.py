"""`featx pull`."""

from pathlib import Path
from typing import Annotated

import typer


def pull(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where on the Hub.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where to put it (default: runs/NAME).")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="A branch, tag or commit (default: the main branch).")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model that the folder holds.")
    ] = False,
) -> None:
    """Receive a trained model from the Hugging Face Hub, checked before it is used."""
    import featx

    pulled = featx.pull(repository, folder, revision=revision, overwrite=overwrite)
    print(f"{pulled.repository} at commit {pulled.commit} is in {pulled.folder}")
    if pulled.left:
        print(f"Not received, as no model has them: {', '.join(pulled.left)}")
    print(f"Use it: featx predict {pulled.folder} AUDIO...")
