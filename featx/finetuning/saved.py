"""Fine-tuned models on disk: for featx, and for plain transformers where it has such a model."""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING

from classifiers.pooled import PooledClassifier, PooledSettings
from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.features.encoders.checkpoints import WHISPER
from featx.features.encoders.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import read_shape
from featx.finetuning.choices import Mode
from featx.finetuning.foreign import check_encoder, check_settings
from featx.finetuning.model import EmotionModel
from featx.runs.class_names import ClassNames
from featx.runs.files import SAVED_HEAD
from featx.runs.safe_files import check_folder, read_text_of
from featx.runs.safe_weights import read_weights, shapes_of
from featx.utils.files import write_bytes, write_json

HEAD_WEIGHTS = "head.safetensors"


class SavedHead(PooledSettings):
    """What `head.json` holds beside the classifier's settings.

    Attributes:
        classes: names of the class indices.
        mode: which weights trained.
        seconds: how much of the beginning of each utterance the model heard; None for all of it.
    """

    classes: ClassNames
    mode: Mode
    seconds: PositiveFinite | None = None

    @property
    def settings(self) -> PooledSettings:
        """The classifier's settings alone."""
        return PooledSettings(kind=self.kind, pooling=self.pooling, dropout=self.dropout)


@dataclass(frozen=True)
class TunedModel:
    """A fine-tuned model, ready to predict.

    Attributes:
        model: the encoder and the classifier, in evaluation mode.
        extractor: transformers', prepares waveforms.
        classes: names of the class indices.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
    """

    model: EmotionModel
    extractor: Any
    classes: Sequence[str]
    seconds: float = math.inf


def save_model(
    model: EmotionModel,
    extractor: Any,
    classes: Sequence[str],
    folder: Path,
    seconds: float = math.inf,
) -> None:
    """Write a model to a folder, which is there in full or not at all.

    Where plain transformers has such a model, see `is_plain`, the folder loads there with
    `AutoModelForAudioClassification`. Of others it loads the encoder, with `AutoModel` or, of
    Whisper, `WhisperEncoder`. featx reads `head.json` beside it in all.

    Args:
        model: the encoder and the classifier.
        extractor: transformers', prepares waveforms.
        classes: names of the class indices.
        folder: where to write; replaced if it is there.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    config, weights = _as_transformers(model, classes)
    config.save_pretrained(unfinished)
    extractor.save_pretrained(unfinished)
    write_bytes(unfinished / "model.safetensors", save(_on_host(weights), {"format": "pt"}))
    write_bytes(unfinished / HEAD_WEIGHTS, save(_on_host(model.head.state_dict())))
    described = SavedHead(
        **model.head.settings.model_dump(),
        classes=tuple(classes),
        mode=model.mode,
        seconds=None if math.isinf(seconds) else seconds,
    )
    write_json(unfinished / SAVED_HEAD, described.model_dump(mode="json", exclude_none=True))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def is_plain(head: PooledSettings, family: str) -> bool:
    """Tell whether plain transformers has a model like a fine-tuned one.

    Its models for audio classification have a linear classifier of the mean. That for Whisper
    averages over the silence after an utterance too, which no weights can undo.

    Args:
        head: how the classifier is built.
        family: the encoder's model_type.
    """
    return head.is_plain and family != WHISPER


def _as_transformers(model: EmotionModel, classes: Sequence[str]) -> tuple[Any, dict[str, Tensor]]:
    """Return the config and weights of the model that plain transformers is to load."""
    encoder, head = model.encoder, model.head
    config = type(encoder.config)(**encoder.config.to_dict())
    config.id2label = dict(enumerate(classes))
    config.label2id = {name: number for number, name in enumerate(classes)}
    config.add_adapter = False
    config.use_weighted_layer_sum = False
    config.classifier_proj_size = config.hidden_size
    weights = dict(encoder.state_dict())
    kind: Any = type(encoder)
    if is_plain(head.settings, config.model_type):
        kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(config)]
        prefix = encoder.base_model_prefix
        weights = {f"{prefix}.{name}": value for name, value in weights.items()}
        # transformers projects, averages, classifies; projecting to the same changes nothing
        weights["projector.weight"] = torch.eye(config.hidden_size)
        weights["projector.bias"] = torch.zeros(config.hidden_size)
        weights["classifier.weight"] = head.output.weight.detach()
        weights["classifier.bias"] = head.output.bias.detach()
    config.architectures = [kind.__name__]
    return config, weights


def _on_host(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.cpu().contiguous() for name, value in weights.items()}


def load_tuned(folder: Path) -> TunedModel:
    """Read a model that `save_model` wrote.

    Raises:
        FeatxError: if the folder does not hold one, or its files can't be used; nothing in them is
            executed, and no memory taken before their sizes are checked.
    """
    if not (folder / SAVED_HEAD).is_file():
        raise FeatxError(
            f"{folder}: not a model that `featx.finetune` saved, as it has no {SAVED_HEAD}. A run "
            "keeps them in its folder models."
        )
    check_folder(folder)
    check_settings(folder)
    saved = read_text_of(folder / SAVED_HEAD, SavedHead)
    shape = read_shape(folder)
    with torch.device("meta"):
        expected = shapes_of(PooledClassifier(saved.settings, shape.dim, len(saved.classes)))
    weights = read_weights(folder / HEAD_WEIGHTS, expected)
    check_encoder(folder)
    head = PooledClassifier(saved.settings, shape.dim, len(saved.classes))
    head.load_state_dict(weights)
    extractor = load_extractor(folder)
    model = EmotionModel(load_model(folder), extractor, shape, head, saved.mode)
    return TunedModel(
        model=model.eval().requires_grad_(False),
        extractor=extractor,
        classes=saved.classes,
        seconds=math.inf if saved.seconds is None else saved.seconds,
    )
