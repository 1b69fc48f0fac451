"""`featx.finetune`: fine-tune an encoder under a protocol, into a run folder."""

import math
from collections.abc import Sequence
from pathlib import Path

from pydantic import PositiveFloat, PositiveInt

from featx.data.augmentation.settings import find_augmentation
from featx.data.manifest import Manifest, load_manifest
from featx.errors import FeatxError
from featx.features.choices import NormalizeWaveform
from featx.features.encoders.devices import Compute
from featx.finetuning.choices import WITH_CONFIG, HeadKind, Mode, Pooling, Save, SelectOn
from featx.finetuning.config import FinetuneConfig, earlier_config, finetune_config
from featx.finetuning.run import run_finetune
from featx.finetuning.training.processes import count_processes
from featx.finetuning.training.resources import Recipients, check_compute, check_recipients
from featx.protocols.choices import TaskKind
from featx.protocols.protocol import Protocol, choose_protocol
from featx.runs.folder import run_folder
from featx.runs.run import Run
from featx.utils.arguments import as_list, checked, refuse_with
from featx.utils.files import AnyPath


@checked
def finetune(
    model: str | Path | None = None,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    mode: Mode = "full",
    protocol: str | Path | Protocol | None = None,
    target: str | Sequence[str] | None = None,
    task: TaskKind | None = None,
    seeds: PositiveInt = 1,
    head: HeadKind = "linear",
    pooling: Pooling = "mean",
    select_on: SelectOn = "validation",
    folds: int = 5,
    speaker_dependent: bool = False,
    seconds: PositiveFloat = math.inf,
    keep_duplicates: bool = False,
    revision: str | None = None,
    normalize_waveform: NormalizeWaveform | None = None,
    augment: str | Path | None = None,
    settings: str | Sequence[str] = (),
    config: AnyPath | FinetuneConfig | None = None,
    name: str | None = None,
    device: str = "auto",
    save: Save = "best",
    track: str | Sequence[str] = (),
    push_to_hub: str | None = None,
    overwrite: bool = False,
) -> Run:
    """Fine-tune an encoder under a protocol, and score it on the test utterances.

    The same call made again returns the finished run, or goes on where the run was stopped. Under
    `torchrun` every process makes the call; the first writes the run, and what the others return
    is complete once the first has ended.

    Args:
        model: a short name, a Hub id, or the folder of a checkpoint.
        manifest: the CSV with the audio and labels, or a manifest that is loaded already.
        mode: "full" trains all weights, "partial" all but the CNN's, "frozen" the head's alone,
            "lora" the head's and those of low-rank adapters in the encoder, "adapter" the head's
            and those of bottleneck adapters in it. Of adapters and head alone consists what is
            then saved; `settings` such as "lora.r=16" or "adapter.size=32" change them.
        protocol: who trains and who is tested: a shipped protocol's name, the path of a TOML, or
            a `Protocol`. Without one the manifest's split is followed, or else speakers are
            divided into folds.
        target: the manifest's column that is learned in place of the label, such as "sex", or
            several columns of numbers, such as "arousal" and "valence", or of labels.
        task: "classification", "distribution", "multilabel" or "regression", as for `featx.fit`,
            which also says how it is decided otherwise.
        seeds: how many models to train for each fold, each from another random seed.
        head: what classifies, or predicts numbers: "linear" is one linear layer, "pooled" is dense,
            tanh, dropout and linear.
        pooling: how the frames of an utterance become one vector.
        select_on: which utterances choose the checkpoint. "test" is how some papers do it, and
            the run is marked as such everywhere.
        folds: how many folds to make where neither a protocol nor the manifest divides.
        speaker_dependent: let training and test share speakers.
        seconds: how much of the beginning of each utterance is used.
        keep_duplicates: let the same sound be in training and test under several names. The run
            is marked as such.
        revision: branch, tag or commit of the Hub repository.
        normalize_waveform: "yes" or "no": whether each waveform is brought to mean 0 and
            variance 1; by default the checkpoint decides. Not for Whisper.
        augment: change the waveforms of training utterances, anew each epoch: a preset, "mixed",
            "noise" or "voice", or the path of a TOML like theirs.
        settings: changes of single settings, such as "training.learning_rate=1e-5".
        config: repeat this run: itself, its folder, its config or its `config.toml`.
        name: what the run is called; by default its manifest, model, mode and protocol.
        device: "auto" (a GPU where there is one), "cpu" or "cuda".
        save: which models to keep: the "best" on validation data, "all" or "none".
        track: which experiment trackers follow the training: "tensorboard", "wandb", "trackio" or
            "mlflow", or several of them.
        push_to_hub: OWNER/NAME of the Hub repository that gets the best model.
        overwrite: replace the run of that name, once the new one is finished.

    Returns:
        The run, whose folder is `runs/NAME`.

    Raises:
        FeatxError: if an argument, the model, audio or disk can't be used, the same sound is in
            two parts of a fold, the folder holds another run, or training diverges or runs out of
            memory.

    Example:
        >>> quick = ["training.epochs=1", "training.every=5"]
        >>> run = featx.finetune("encoder", mode="frozen", folds=3, settings=quick)
        >>> print(run.results.to_text())
    """
    given = dict(locals())
    changes: list[str] = as_list(settings)
    corpus = None
    if config is not None:
        refused = given.keys() - WITH_CONFIG
        refuse_with(finetune, given, refused, "config", "which holds all of it; use `settings`")
        resolved = earlier_config(config, changes)
    elif model is None:
        raise FeatxError(
            "`model` is missing: give a short name such as wav2vec2-base, a Hub id, or the folder "
            "of a checkpoint."
        )
    else:
        if protocol is not None:
            refused = {"folds", "speaker_dependent"}
            refuse_with(finetune, given, refused, "protocol", "which says how to divide")
        corpus = manifest if isinstance(manifest, Manifest) else load_manifest(manifest)
        learned: list[str] = as_list(target)
        protocol = choose_protocol(protocol, corpus, folds, speaker_dependent, learned, task)
        data = {
            "manifest": str(corpus.path),
            "model": str(model),
            "revision": revision or "",
            "normalize_waveform": normalize_waveform,
            "mode": mode,
            "head": {"kind": head, "pooling": pooling},
            "select_on": select_on,
            "seconds": seconds,
            "protocol": protocol.model_dump(mode="json"),
            "seeds": seeds,
            "processes": count_processes(),
            "save": save,
            "keep_duplicates": keep_duplicates,
        }
        if augment is not None:
            data["augmentation"] = find_augmentation("augment", augment).to_table()
        resolved = finetune_config(data, changes)
    compute = Compute(device=device)
    check_compute(resolved, compute)
    recipients = Recipients(tuple(as_list(track)), push_to_hub or "")
    check_recipients(resolved, recipients)
    folder = run_folder(name or resolved.name)
    run_finetune(resolved, folder, overwrite, compute, recipients, corpus)
    return Run(folder)
