"""`featx probe`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options import refuse


class Standardise(StrEnum):
    """How features are standardised."""

    speaker = "speaker"
    GLOBAL = "global"


def probe(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="Whose layers. Not needed for an only store.")
    ] = None,
    manifest: Annotated[Path, typer.Option(help="The labels.")] = Path("manifest.csv"),
    features: Annotated[
        Path | None, typer.Option(help="The store's folder, if not under features/.")
    ] = None,
    layers: Annotated[str, typer.Option(help="all, or such as 0,4-12.")] = "all",
    normalize: Annotated[
        Standardise,
        typer.Option(help="By the training utterances, or by the speaker's own (also in test)."),
    ] = Standardise.GLOBAL,
    protocol: Annotated[
        str | None, typer.Option(help="Who trains and tests: see `featx protocols`; or a TOML.")
    ] = None,
    folds: Annotated[
        int, typer.Option(help="Of the cross-validation, without protocol or split.")
    ] = 5,
    speaker_dependent: Annotated[
        bool,
        typer.Option("--speaker-dependent", help="Let training and test share speakers."),
    ] = False,
    seconds: Annotated[
        float, typer.Option(help="Of each utterance's beginning that are used (default: all).")
    ] = float("inf"),
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out utterances without features.")
    ] = False,
    beside: Annotated[
        list[Path] | None,
        typer.Option(metavar="RUN", help="Draw the weights that this run's heads learned above."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the probe (default: MANIFEST-MODEL-PROTOCOL).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the probe.")] = False,
) -> None:
    """Show what each layer holds: a linear classifier on each, scored on unheard speakers."""
    from featx.data.manifest import load_manifest
    from featx.features.stores import find_store
    from featx.layer_analysis.probe import ROOT, ProbeConfig, run_probe
    from featx.protocols.protocol import choose_protocol
    from featx.runs.folder import run_folder
    from featx.utils.config import check_config

    if features:
        refuse(context, {"model"}, "features", "which says where they are")
    if protocol:
        refuse(context, {"folds", "speaker_dependent"}, "protocol", "which says how to divide")
    chosen = choose_protocol(protocol, load_manifest(manifest), folds, speaker_dependent)
    table = {
        "manifest": str(manifest),
        "features": str(features or find_store(manifest, model)),
        "layers": layers,
        "seconds": seconds,
        "normalize": normalize.value,
        "skip_missing": skip_missing,
        "protocol": chosen.model_dump(mode="json"),
    }
    config = check_config(table, ProbeConfig, "probe")
    folder = run_folder(name or config.default_name, ROOT)
    print(run_probe(config, folder, overwrite, beside or ()).to_text())
    print(f"Probe folder: {folder}")
