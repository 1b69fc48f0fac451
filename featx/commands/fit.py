"""`featx fit`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from featx.errors import FeatxError


class Head(StrEnum):
    """The heads there are."""

    dense = "dense"


class Normalize(StrEnum):
    """How features are standardised."""

    GLOBAL = "global"
    none = "none"


BESIDE_CONFIG = {"config", "change", "name", "overwrite"}


def fit(
    context: typer.Context,
    head: Annotated[Head, typer.Option(help="What to train.")] = Head.dense,
    model: Annotated[
        str | None, typer.Option(help="Whose features; not needed where there is one store.")
    ] = None,
    manifest: Annotated[Path, typer.Option(help="The labels.")] = Path("manifest.csv"),
    features: Annotated[
        Path | None, typer.Option(help="The store's folder, if not under features/.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Heads a fold, differently begun.")] = 1,
    folds: Annotated[
        int, typer.Option(help="Of the cross-validation, if the manifest has no split.")
    ] = 5,
    speaker_dependent: Annotated[
        bool,
        typer.Option("--speaker-dependent", help="Let training and test share speakers."),
    ] = False,
    normalize: Annotated[
        Normalize, typer.Option(help="global: by mean and deviation of the training utterances.")
    ] = Normalize.GLOBAL,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out utterances without features.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as training.learning_rate=1e-3."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Repeat the run with this config.toml.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the run (default: MANIFEST-MODEL-HEAD).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run.")] = False,
) -> None:
    """Train a head on stored features and score it on speakers it has not heard."""
    from featx.fit_config import file_config, head_config
    from featx.run import default_run_name, run_fit, run_folder
    from featx.stores import find_store

    if config:
        _refuse_others(context)
        resolved = file_config(config, change or ())
    else:
        data = {
            "manifest": manifest,
            "features": features or find_store(manifest, model),
            "seeds": seeds,
            "folds": folds,
            "speaker_dependent": speaker_dependent,
            "normalize": normalize,
            "skip_missing": skip_missing,
        }
        resolved = head_config(head, data, change or ())
    folder = run_folder(name or default_run_name(resolved))
    results = run_fit(resolved, folder, overwrite)
    print(results.to_text())
    print(f"Run folder: {folder}")


def _refuse_others(context: typer.Context) -> None:
    """Refuse options that --config would silently overrule."""
    given = [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name not in BESIDE_CONFIG and _was_given(context, name)
    ]
    if given:
        raise FeatxError(
            f"{', '.join(given)} can't be given with --config, which holds all of it. "
            "Change single settings with --set, such as --set seeds=5."
        )


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
