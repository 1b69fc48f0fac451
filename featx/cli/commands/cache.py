"""`featx cache`: what becomes of feature stores once they are there."""

import logging
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from featx.cli.command import Command, with_quiet
from featx.cli.errors import explain_within
from featx.cli.output import Json, show
from featx.errors import FeatxError
from featx.features.choices import Dtype
from featx.stores.exchange.choices import Format

log = logging.getLogger("featx")
cache = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Store = Annotated[Path, typer.Argument(help="The folder of the store.")]


def ls(
    folder: Annotated[Path, typer.Argument(help="Where to look, at any depth.")] = Path("features"),
    as_json: Json = False,
) -> None:
    """List the stores: model, utterances, layers, bytes, when they were written and used."""
    import featx

    found = featx.list_stores(folder)
    show(as_json, found.to_json, found.to_text)


def info(store: Store, as_json: Json = False) -> None:
    """Show what a store's features are, what is missing, and what it takes on the disk."""
    import featx

    found = featx.store_info(store)
    show(as_json, found.to_json, found.to_text)


def verify(
    context: typer.Context,
    store: Annotated[
        list[Path] | None,
        typer.Argument(help="The folders of stores (default: all in features/)."),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Clear what is damaged, so that the next extraction computes it again.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check every feature and every table against its checksum, and name what is damaged.

    The exit code is 1 if damage is left.
    """
    import featx

    verified = featx.verify_store(store or (), repair=repair)
    words = partial(explain_within, context)
    show(as_json, verified.to_json, lambda: words(FeatxError(verified.to_text())))
    for cure in verified.cures:
        log.info("%s", words(FeatxError("", cure)).strip())
    if verified.is_damaged:
        raise typer.Exit(1)


def prune(
    store: Store,
    manifest: Annotated[
        list[Path],
        typer.Option(help="A manifest whose utterances stay. Give all that use the store."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be freed, and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a store anew without the utterances that no manifest has."""
    import featx

    pruned = featx.prune_store(store, manifest, dry_run=dry_run)
    show(as_json, pruned.to_json, pruned.to_text)


def rm(
    store: Annotated[list[Path], typer.Argument(help="The folders of the stores.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Remove stores, after asking. A folder that holds anything else stays."""
    import featx
    from cache import describe_bytes

    for folder in store:
        summary = featx.store_info(folder) if folder.is_dir() and not yes else None
        if summary is not None:
            size = describe_bytes(summary.nbytes)
            question = f"Remove {folder}, {summary.done:,} utterances, {size}?"
            try:
                typer.confirm(question, abort=True)
            except typer.Abort:
                raise FeatxError(f"{folder}: nothing was removed.") from None
        print(featx.remove_store(folder).to_text())


def export(
    store: Store,
    to: Annotated[
        Format,
        typer.Option(
            help="npy: a folder of ID.npy; h5: a dataset an utterance; parquet: a row an utterance "
            "and layer; kaldi: ark and scp; audformat: a database with a table of embeddings."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The file or folder (default: named after the store, here)."),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="The layers to export, such as 0,4-12 (default: all).")
    ] = None,
    average_layers: Annotated[
        bool, typer.Option("--average-layers", help="Export the mean of the layers.")
    ] = False,
    pool: Annotated[
        Literal["mean"] | None, typer.Option(help="Export the mean of each utterance's frames.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="Export this manifest's utterances alone; audformat needs it."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a store's features for other tools: NumPy, HDF5, Parquet, Kaldi or audformat."""
    import featx

    exported = featx.export_features(
        store,
        to,
        out,
        layers=layers,
        average_layers=average_layers,
        pool=pool,
        manifest=manifest,
        overwrite=overwrite,
    )
    show(as_json, exported.to_json, exported.to_text)


def import_(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder of .npy, an .npz, HDF5, Parquet, Kaldi's .scp or .ark, or the folder of "
            "an audformat database."
        ),
    ],
    name: Annotated[str, typer.Option(help="What the features are called, as a model is.")],
    manifest: Annotated[
        Path, typer.Option(help="The manifest with the utterances and labels; no audio is needed.")
    ] = Path("manifest.csv"),
    frame_step: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Seconds from one frame to the next, such as 0.02; 0: one vector an utterance.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(help="Which layers they are, such as 12 or 0,4-12 (default: 0 and up)."),
    ] = None,
    dtype: Annotated[
        Dtype | None,
        typer.Option(help="The type to store (default: float16 if all arrays are, else float32)."),
    ] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out utterances that have no features.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="The store's folder (default: features/MANIFEST/NAME).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a store of features that another program made, to fit, probe and vote on them."""
    import featx

    imported = featx.import_features(
        source,
        manifest,
        name=name,
        frame_step=frame_step,
        layers=layers,
        dtype=dtype,
        skip_missing=skip_missing,
        out=out,
    )
    show(as_json, imported.to_json, imported.to_text)
    where = f"--features {out}" if out else f"--model {name}"
    log.info("Next: featx fit --head linear --manifest %s %s", manifest, where)


for command in (ls, info, verify, prune, rm, export, import_):
    summary = (command.__doc__ or "").splitlines()[0]
    name = command.__name__.rstrip("_")
    cache.command(name, cls=Command, short_help=summary)(with_quiet(command))
