"""Fine-tuned models on disk: for featx, and for plain transformers where it has such a model."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING

from classifiers.pooled import PooledClassifier, PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.loading import load_extractor, load_model
from featx.features.encoders.shape import read_shape
from featx.finetuning.model import EmotionModel
from featx.utils.files import write_bytes, write_json

HEAD = "head.json"
HEAD_WEIGHTS = "head.safetensors"


@dataclass(frozen=True)
class TunedModel:
    """A fine-tuned model, ready to predict.

    Attributes:
        model: in evaluation mode.
        extractor: transformers', prepares waveforms.
        classes: names of the class indices.
    """

    model: EmotionModel
    extractor: Any
    classes: Sequence[str]


def save_model(model: EmotionModel, extractor: Any, classes: Sequence[str], folder: Path) -> None:
    """Write a model to a folder, which is there in full or not at all.

    A linear classifier of the mean is what transformers' models for audio classification have:
    there the folder loads with `AutoModelForAudioClassification`. Of other classifiers plain
    transformers loads the encoder, with `AutoModel`. featx reads `head.json` beside it in both.

    Args:
        model: what was fine-tuned.
        extractor: that prepares waveforms.
        classes: names of the class indices.
        folder: to write; replaced if it is there.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    encoder, head = model.encoder, model.head
    config = type(encoder.config)(**encoder.config.to_dict())
    config.id2label = dict(enumerate(classes))
    config.label2id = {name: number for number, name in enumerate(classes)}
    config.add_adapter = False
    config.use_weighted_layer_sum = False
    config.classifier_proj_size = config.hidden_size
    weights = {name: value.contiguous() for name, value in encoder.state_dict().items()}
    kind: Any = type(encoder)
    if head.settings.is_plain:
        kind = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(config)]
        prefix = encoder.base_model_prefix
        weights = {f"{prefix}.{name}": value for name, value in weights.items()}
        # transformers projects, averages, classifies; projecting to the same changes nothing
        weights["projector.weight"] = torch.eye(config.hidden_size)
        weights["projector.bias"] = torch.zeros(config.hidden_size)
        weights["classifier.weight"] = head.output.weight.detach()
        weights["classifier.bias"] = head.output.bias.detach()
    config.architectures = [kind.__name__]
    config.save_pretrained(unfinished)
    extractor.save_pretrained(unfinished)
    host = {name: value.cpu().contiguous() for name, value in weights.items()}
    write_bytes(unfinished / "model.safetensors", save(host, {"format": "pt"}))
    own = {name: value.cpu().contiguous() for name, value in head.state_dict().items()}
    write_bytes(unfinished / HEAD_WEIGHTS, save(own))
    described = {**head.settings.model_dump(), "classes": list(classes), "mode": model.mode}
    write_json(unfinished / HEAD, described)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def load_tuned(folder: Path) -> TunedModel:
    """Read a model that `save_model` wrote.

    Raises:
        FeatxError: if the folder does not hold one, or its files can't be used.
    """
    path = folder / HEAD
    try:
        described = json.loads(path.read_text("utf-8"))
        classes, mode = described.pop("classes"), described.pop("mode")
        settings = PooledSettings(**described)
        weights = load((folder / HEAD_WEIGHTS).read_bytes())
        shape = read_shape(folder)
        head = PooledClassifier(settings, shape.dim, len(classes))
        head.load_state_dict(weights)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise FeatxError(
            f"{folder}: not a model that `featx finetune` saved ({error}). They are in the folder "
            "models of a run."
        ) from error
    model = EmotionModel(load_model(folder), shape, head, mode).eval().requires_grad_(False)
    return TunedModel(model, load_extractor(folder), classes)
