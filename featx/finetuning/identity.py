"""What a fine-tuning depends on beside its config."""

import hashlib
import json
from dataclasses import dataclass

from featx.data.audio import AudioError
from featx.data.augmentation.augment import open_augmentation
from featx.data.sources import find_sources
from featx.features.encoders.checkpoints.find import Checkpoint
from featx.features.encoders.checkpoints.loading import digest_settings, digest_weights, load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.model import assemble
from featx.fitting.objective import objective_of
from featx.protocols.task import Task


@dataclass(frozen=True)
class Identity:
    """What a fine-tuning depends on beside its config.

    Attributes:
        encoder: Hub id, or the local folder's name.
        revision: the Hub's commit, or "".
        family: the encoder's model_type.
        weights_sha256: digest of the encoder's weights before training.
        settings_sha256: digest of the encoder's config and preprocessing.
        inputs: digest of all that, the config, audio and folds.
        parameters: how many weights the model has.
        trained: how many of them train.
    """

    encoder: str
    revision: str
    family: str
    weights_sha256: str
    settings_sha256: str
    inputs: str
    parameters: int
    trained: int


def identify(config: FinetuneConfig, task: Task, checkpoint: Checkpoint) -> Identity:
    """Digest all that a run depends on, so that nothing stale is taken for it.

    Raises:
        FeatxError: if the encoder or audio can't be read.
    """
    encoder = load_model(checkpoint.folder)
    extractor = load_extractor(checkpoint.folder, config.normalize_waveform)
    weights, settings = digest_weights(encoder), digest_settings(encoder.config, extractor)
    shape = read_shape(checkpoint.folder)
    outputs = objective_of(task).outputs
    model = assemble(encoder, extractor, shape, config.head, outputs, config.mode, config.adapters)
    sources = find_sources(task.utterances)
    for why in sources.failures.values():
        raise AudioError(why)
    names = (u.utterance for u in task.utterances)
    audio = sorted(zip(names, sources.digests.tolist(), strict=True))
    folds = [
        [(u.utterance, u.speaker, task.truth(u)) for u in part]
        for fold in task.folds
        for part in fold.parts.values()
    ]
    changes = [open_augmentation(config.augmentation).identity] if config.augmentation else []
    everything = json.dumps([config.to_toml(), weights, settings, audio, folds, *changes])
    return Identity(
        encoder=checkpoint.name if checkpoint.source == "local" else checkpoint.source,
        revision=checkpoint.revision,
        family=encoder.config.model_type,
        weights_sha256=weights,
        settings_sha256=settings,
        inputs=hashlib.sha256(everything.encode()).hexdigest(),
        parameters=sum(weight.numel() for weight in model.parameters()),
        trained=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
    )
