"""`featx finetune`."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_encoder
from featx.cli.options.shared import (
    OF_NO_PROTOCOL,
    Config,
    Folds,
    KeepDuplicates,
    Manifest,
    Overwrite,
    ProtocolName,
    Seconds,
    Settings,
    SpeakerDependent,
    Target,
    TaskChoice,
    api_arguments,
    refuse,
)
from featx.cli.output import Json, show
from featx.features.choices import NormalizeWaveform
from featx.finetuning.choices import WITH_CONFIG, HeadKind, Mode, Pooling, Save, SelectOn
from featx.utils.config import shipped_names


def finetune(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(
            help="The encoder: a short name, a Hub id or the folder of a checkpoint.",
            autocompletion=complete_encoder,
        ),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            help="Which weights train: all (full), all but the CNN's (partial), the head's alone "
            "(frozen), or the head's and those of small adapters in the encoder: low-rank (lora) "
            "or bottleneck (adapter)."
        ),
    ] = "full",
    protocol: ProtocolName = None,
    target: Target = None,
    task: TaskChoice = None,
    manifest: Manifest = Path("manifest.csv"),
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            help="How many models to train for each fold, each from another random seed.",
        ),
    ] = 1,
    head: Annotated[
        HeadKind,
        typer.Option(
            help="What classifies: one linear layer (linear), or dense, tanh, dropout and linear "
            "(pooled)."
        ),
    ] = "linear",
    pooling: Annotated[
        Pooling, typer.Option(help="How the frames of an utterance become one vector.")
    ] = "mean",
    select_on: Annotated[
        SelectOn,
        typer.Option(
            help="Which utterances choose the checkpoint. A run that chose on the test utterances "
            "is marked as such everywhere."
        ),
    ] = "validation",
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    keep_duplicates: KeepDuplicates = False,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of the Hub repository.")
    ] = None,
    normalize_waveform: Annotated[
        NormalizeWaveform | None,
        typer.Option(
            help="Whether each waveform is brought to mean 0 and variance 1 (default: as the "
            "checkpoint says)."
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="PRESET",
            help="Change the waveforms of training utterances, anew each epoch: "
            f"{', '.join(shipped_names('augmentation'))}, or the path of a TOML like theirs.",
        ),
    ] = None,
    settings: Settings = None,
    config: Config = None,
    name: Annotated[
        str | None,
        typer.Option(help="What the run is called (default: MANIFEST-MODEL-MODE-PROTOCOL)."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")
    ] = "auto",
    save: Annotated[
        Save, typer.Option(help="Which models to keep: the best on validation data, all or none.")
    ] = "best",
    track: Annotated[
        list[str] | None,  # Typer takes no list of a Literal
        typer.Option(
            help="Let tensorboard, wandb, trackio or mlflow follow the training. Can be repeated."
        ),
    ] = None,
    push_to_hub: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME", help="Send the best model to this repository of the Hub."
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Fine-tune an encoder under a protocol, and score it on the test utterances.

    Several GPUs, or processes: torchrun --nproc-per-node 2 -m featx finetune ...
    """
    given = dict(locals())
    import featx
    from featx.finetuning.training.processes import leads
    from featx.runs.files import REPORT

    if config:
        refused = set(context.params) - WITH_CONFIG
        refuse(context, refused, "config", "which holds all of it; use `settings`")
    elif protocol:
        refuse(context, OF_NO_PROTOCOL, "protocol", "which says how to divide")
    run = featx.finetune(**api_arguments(given))
    if leads():
        report = (run.folder / REPORT).read_text("utf-8")
        show(as_json, run.to_json, lambda: f"{report}\nRun folder: {run.folder}")
