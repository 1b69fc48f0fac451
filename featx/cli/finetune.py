"""`featx finetune`."""

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


class Mode(StrEnum):
    """Which weights train."""

    full = "full"
    partial = "partial"
    frozen = "frozen"


class Head(StrEnum):
    """What is on the encoder."""

    linear = "linear"
    pooled = "pooled"


class Pooling(StrEnum):
    """How an utterance's frames become one."""

    mean = "mean"
    sum = "sum"
    max = "max"


class Part(StrEnum):
    """What chooses the checkpoint."""

    validation = "validation"
    test = "test"


class Keep(StrEnum):
    """Which models are saved."""

    best = "best"
    all = "all"
    none = "none"


BESIDE_CONFIG = {"config", "change", "name", "overwrite", "device", "track", "push_to_hub"}


def finetune(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="A short name, a Hub id or a local folder.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="Train all weights, all but the CNN's, or the head's alone.")
    ] = Mode.full,
    protocol: Protocol = None,
    manifest: Annotated[Path, typer.Option(help="The labels and audio.")] = Path("manifest.csv"),
    seeds: Annotated[int, typer.Option(min=1, help="Models a fold, differently begun.")] = 1,
    head: Annotated[
        Head, typer.Option(help="One linear layer; or pooled: dense, tanh, dropout, linear.")
    ] = Head.linear,
    pooling: Annotated[Pooling, typer.Option(help="Over an utterance's frames.")] = Pooling.mean,
    select_on: Annotated[
        Part, typer.Option(help="What chooses the checkpoint; test is marked as such everywhere.")
    ] = Part.validation,
    folds: Folds = 5,
    speaker_dependent: SpeakerDependent = False,
    seconds: Seconds = float("inf"),
    revision: Annotated[
        str, typer.Option(help="Branch, tag or commit of the Hub repository.")
    ] = "",
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as training.learning_rate=1e-5."),
    ] = None,
    config: Config = None,
    name: Annotated[
        str | None, typer.Option(help="Of the run (default: MANIFEST-MODEL-MODE-PROTOCOL).")
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto (a GPU where there is one), cpu or cuda.")
    ] = "auto",
    save: Annotated[Keep, typer.Option(help="Models to keep.")] = Keep.best,
    track: Annotated[
        list[str] | None, typer.Option(help="tensorboard, wandb, trackio or mlflow; repeatable.")
    ] = None,
    push_to_hub: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Send the best model there.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Fine-tune an encoder under a protocol, and score it on the test utterances.

    Several GPUs, or processes: torchrun --nproc-per-node 2 -m featx finetune ...
    """
    from featx.errors import FeatxError
    from featx.finetuning.config import file_config, finetune_config
    from featx.finetuning.processes import count_processes
    from featx.finetuning.resources import find_surroundings
    from featx.finetuning.run import REPORT, run_finetune
    from featx.protocols.protocol import choose_protocol
    from featx.runs.folder import run_folder

    if config:
        refuse(context, set(context.params) - BESIDE_CONFIG, "config, which holds all of it")
        resolved = file_config(config, change or ())
    elif model is None:
        raise FeatxError("--model is missing: a short name (`featx models`), a Hub id or a folder.")
    else:
        if protocol:
            refuse(context, OF_NO_PROTOCOL, "protocol, which says how to divide")
        chosen = choose_protocol(protocol, manifest, folds, speaker_dependent)
        data = {
            "manifest": str(manifest),
            "model": model,
            "revision": revision,
            "mode": mode.value,
            "head": {"kind": head.value, "pooling": pooling.value},
            "select_on": select_on.value,
            "seconds": seconds,
            "protocol": chosen.model_dump(mode="json"),
            "seeds": seeds,
            "processes": count_processes(),
            "save": save.value,
        }
        resolved = finetune_config(data, change or ())
    surroundings = find_surroundings(resolved, device, track or (), push_to_hub or "")
    folder = run_folder(name or resolved.name)
    if run_finetune(resolved, folder, overwrite, surroundings):
        print((folder / REPORT).read_text("utf-8"))
        print(f"Run folder: {folder}")
