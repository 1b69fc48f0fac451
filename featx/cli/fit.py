"""`featx fit`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options import (
    OF_NO_PROTOCOL,
    Config,
    Folds,
    Overwrite,
    Protocol,
    Seconds,
    SpeakerDependent,
    refuse,
)


class Normalize(StrEnum):
    """How features are standardised."""

    speaker = "speaker"
    GLOBAL = "global"
    none = "none"


BESIDE_CONFIG = {"config", "change", "name", "overwrite", "memory", "device"}


def fit(
    context: typer.Context,
    head: Annotated[
        str, typer.Option(help="dense, lstm, fusion, linear, svm, or a TOML like theirs.")
    ] = "dense",
    model: Annotated[
        list[str] | None,
        typer.Option(help="Whose features; repeat it for fusion. Not needed for an only store."),
    ] = None,
    manifest: Annotated[Path, typer.Option(help="The labels.")] = Path("manifest.csv"),
    features: Annotated[
        list[Path] | None, typer.Option(help="The store's folder, if not under features/.")
    ] = None,
    layers: Annotated[
        str, typer.Option(help="all, local, contextual (the encoder's output), or such as 0,4-12.")
    ] = "all",
    normalize: Annotated[
        Normalize,
        typer.Option(help="By the training utterances, or by the speaker's own (also in test)."),
    ] = Normalize.GLOBAL,
    protocol: Protocol = None,
    seeds: Annotated[int, typer.Option(min=1, help="Heads a fold, differently begun.")] = 1,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out utterances without features.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as training.learning_rate=1e-3."),
    ] = None,
    config: Config = None,
    name: Annotated[
        str | None, typer.Option(help="Of the run (default: MANIFEST-MODEL-HEAD-PROTOCOL).")
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(min=0, help="GB that features may take (default: 60 % of what is free)."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="cpu, or cuda to keep features and train on a GPU.")
    ] = "cpu",
    overwrite: Overwrite = False,
) -> None:
    """Train a head on stored features and score it on speakers it has not heard."""
    from featx.features.encoders.devices import find_devices
    from featx.features.stores import find_stores
    from featx.fitting.config import file_config, head_config
    from featx.fitting.fit import Resources
    from featx.fitting.run import default_run_name, run_fit
    from featx.protocols.protocol import choose_protocol
    from featx.runs.folder import run_folder

    if config:
        refuse(context, set(context.params) - BESIDE_CONFIG, "config, which holds all of it")
        resolved = file_config(config, change or ())
    else:
        if features:
            refuse(context, {"model"}, "features, which says where they are")
        if protocol:
            refuse(context, OF_NO_PROTOCOL, "protocol, which says how to divide")
        chosen = choose_protocol(protocol, manifest, folds, speaker_dependent)
        data = {
            "manifest": str(manifest),
            "features": [str(store) for store in features or find_stores(manifest, model or [])],
            "layers": layers,
            "seconds": seconds,
            "normalize": normalize.value,
            "protocol": chosen.model_dump(mode="json"),
            "seeds": seeds,
            "skip_missing": skip_missing,
        }
        resolved = head_config(head, data, change or ())
    folder = run_folder(name or default_run_name(resolved))
    limit = None if memory is None else memory * 1e9
    resources = Resources(find_devices(device, "1")[0], limit)
    results = run_fit(resolved, folder, overwrite, resources)
    print(results.to_text())
    print(f"Run folder: {folder}")
