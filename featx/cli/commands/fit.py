"""`featx fit`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.heads import (
    HeadChoice,
    HeadDevice,
    Layers,
    Memory,
    Models,
    NormalizeChoice,
    Seeds,
    Stores,
)
from featx.cli.options.shared import (
    Address,
    Config,
    EngineChoice,
    Folds,
    KeepDuplicates,
    Manifest,
    Overwrite,
    ProtocolName,
    Seconds,
    Settings,
    SharedStore,
    SkipMissing,
    SpeakerDependent,
    Target,
    TaskChoice,
    api_arguments,
    refuse,
    refuse_overruled,
)
from featx.cli.output import Json, show
from featx.fitting.choices import WITH_CONFIG
from featx.utils.remote.path import to_path


def fit(
    context: typer.Context,
    head: HeadChoice = "dense",
    model: Models = None,
    manifest: Manifest = Path("manifest.csv"),
    train: Annotated[
        list[Path] | None,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="In place of --manifest: the manifest of a corpus to learn from; repeatable.",
        ),
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option(
            parser=to_path,
            metavar="PATH",
            help="With --train: the manifest of a corpus that is tested whole; repeatable.",
        ),
    ] = None,
    fold_speakers: Annotated[
        bool,
        typer.Option(
            "--fold-speakers",
            help="Where training and test corpora share speakers: divide them into folds, and "
            "learn from those who are not tested.",
        ),
    ] = False,
    features: Stores = None,
    store: SharedStore = None,
    augmented: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRESET",
            help="Learn from augmented copies too, which `featx extract --augment PRESET` made, or "
            "from those in the store of this folder; repeat it for fusion.",
        ),
    ] = None,
    layers: Layers = "all",
    normalize: NormalizeChoice = "global",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    seeds: Seeds = 1,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    skip_missing: SkipMissing = False,
    keep_duplicates: KeepDuplicates = False,
    final: Annotated[
        bool,
        typer.Option(
            "--final",
            help="Then train one more head for each seed on all utterances, which predict uses. "
            "A finished run without it is added to.",
        ),
    ] = False,
    settings: Settings = None,
    config: Config = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the run is called (default: MANIFEST-MODEL-HEAD-PROTOCOL)."),
    ] = None,
    memory: Memory = None,
    device: HeadDevice = "cpu",
    engine: EngineChoice = "local",
    address: Address = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train a head on stored features, and score it on speakers that it has not heard."""
    given = dict(locals())
    import featx

    refuse_overruled(context, WITH_CONFIG)
    if train or test:
        refuse(context, {"manifest", "features"}, "train", "whose corpora have theirs")
    run = featx.fit(**api_arguments(given))
    show(as_json, run.to_json, lambda: f"{run.results.to_text()}\nRun folder: {run.folder}")
