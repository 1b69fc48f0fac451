"""Fine-tuned models on disk: for featx, and for plain transformers where it has such a model.

A folder never loads in transformers as another model than in featx. Where transformers has no
such model, it refuses the folder: the `config.json` in it names a model type that it doesn't know.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor
from transformers import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING, MODEL_MAPPING

from classifiers.pooled import PooledSettings
from featx.features.encoders.checkpoints.find import WHISPER
from featx.features.encoders.checkpoints.folders import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    CONFIG,
    ENCODER,
    SAFETENSORS,
)
from featx.finetuning.adapting.adapters import adapters_of, as_saved
from featx.finetuning.adapting.lora import peft_config
from featx.finetuning.model import EmotionModel
from featx.finetuning.saving.contents import (
    ADAPTER_CONFIG,
    HEAD_WEIGHTS,
    OWN_CONFIG,
    Adapted,
    SavedHead,
)
from featx.runs.files import SAVED_HEAD
from featx.runs.outputs import Outputs
from featx.utils.files import replacing, write_bytes, write_json


def save_model(
    model: EmotionModel,
    extractor: Any,
    outputs: Outputs,
    folder: Path,
    seconds: float = math.inf,
    adapted: Adapted | None = None,
) -> None:
    """Write a model to a folder, which is there in full or not at all.

    Where plain transformers has such a model, see `is_plain`, the folder loads there with
    `AutoModelForAudioClassification`. Of others the encoder alone is transformers', in a folder
    `encoder`: in the folder itself transformers would load it with a random classifier. Of one with
    adapters only these are saved, in a folder `adapter`, those of peft as peft has them, and what
    tells their encoder. featx reads `head.json` in all.

    Args:
        model: the encoder and the head.
        extractor: transformers', prepares waveforms.
        outputs: what the head's outputs stand for.
        folder: where to write; replaced if it is there.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
        adapted: the adapters' settings and encoder, of a model that has some.
    """
    with replacing(folder) as unfinished:
        if adapted is not None:
            _write_adapters(model, extractor, adapted, unfinished)
        else:
            _write_encoder(model, extractor, outputs, unfinished, seconds)
        write_bytes(unfinished / HEAD_WEIGHTS, save(_on_host(model.head.state_dict())))
        described = SavedHead(
            **model.head.settings.model_dump(),
            **outputs.to_table(),
            mode=model.mode,
            seconds=None if math.isinf(seconds) else seconds,
            adapted=adapted,
        )
        write_json(unfinished / SAVED_HEAD, described.model_dump(mode="json", exclude_none=True))


def _write_encoder(
    model: EmotionModel, extractor: Any, outputs: Outputs, unfinished: Path, seconds: float
) -> None:
    if is_plain(model.head.settings, model.encoder.config.model_type, seconds):
        place, (config, weights) = unfinished, _as_classifier(model, outputs)
    else:
        place, (config, weights) = unfinished / ENCODER, _as_encoder(model.encoder)
        write_json(unfinished / CONFIG, OWN_CONFIG)
    config.save_pretrained(place)
    extractor.save_pretrained(place)
    write_bytes(place / SAFETENSORS, save(_on_host(weights), {"format": "pt"}))


def _write_adapters(
    model: EmotionModel, extractor: Any, adapted: Adapted, unfinished: Path
) -> None:
    place = unfinished / ADAPTER
    _as_encoder(model.encoder)[0].save_pretrained(place)
    extractor.save_pretrained(place)
    weights = as_saved(_on_host(adapters_of(model.encoder)), adapted.settings)
    write_bytes(place / ADAPTER_WEIGHTS, save(weights, {"format": "pt"}))
    write_json(unfinished / CONFIG, OWN_CONFIG)
    if adapted.lora is not None:
        table = peft_config(adapted.lora).to_dict()
        table |= {"base_model_name_or_path": adapted.base.encoder, "inference_mode": True}
        table["target_modules"] = adapted.lora.target_modules
        write_json(place / ADAPTER_CONFIG, table)


def is_plain(head: PooledSettings, family: str, seconds: float) -> bool:
    """Tell whether plain transformers has a model like a fine-tuned one.

    Its models for audio classification have a linear classifier of the mean of all frames. That
    for Whisper averages over the silence after an utterance too, which no weights can undo.

    Args:
        head: how the classifier is built.
        family: the encoder's model_type.
        seconds: how much of the beginning of each utterance the model heard; infinite for all.
    """
    return head.is_plain and family != WHISPER and math.isinf(seconds)


def _as_classifier(model: EmotionModel, outputs: Outputs) -> tuple[Any, dict[str, Tensor]]:
    """Return config and weights of transformers' model that is the same."""
    encoder, output = model.encoder, model.head.output
    config = type(encoder.config)(**encoder.config.to_dict())
    config.id2label = dict(enumerate(outputs.names))
    config.label2id = {name: number for number, name in enumerate(outputs.names)}
    if outputs.dimensions:
        config.problem_type = "regression"  # whose logits are what is predicted
    elif outputs.several:
        config.problem_type = "multi_label_classification"  # whose logits are of a sigmoid each
    config.use_weighted_layer_sum = False
    config.classifier_proj_size = config.hidden_size
    kind: Any = MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING[type(config)]
    config.architectures = [kind.__name__]
    prefix = encoder.base_model_prefix
    weights = {f"{prefix}.{name}": value for name, value in encoder.state_dict().items()}
    # transformers projects, averages, classifies; projecting to the same changes nothing
    weights["projector.weight"] = torch.eye(config.hidden_size)
    weights["projector.bias"] = torch.zeros(config.hidden_size)
    weights["classifier.weight"] = output.weight.detach()
    weights["classifier.bias"] = output.bias.detach()
    return config, weights


def _as_encoder(encoder: Any) -> tuple[Any, dict[str, Tensor]]:
    """Return config and weights of the encoder, as transformers' `AutoModel` loads it.

    The config names no classes, not even those that the encoder's checkpoint may have had.
    """
    table = encoder.config.to_dict()
    for name in ("id2label", "label2id", "num_labels", "problem_type"):
        table.pop(name, None)
    config, weights = type(encoder.config)(**table), dict(encoder.state_dict())
    if config.model_type == WHISPER:  # which AutoModel loads as a part of the model with a decoder
        weights = {f"encoder.{name}": value for name, value in weights.items()}
    kind: Any = MODEL_MAPPING[type(config)]
    config.architectures = [kind.__name__]
    return config, weights


def _on_host(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in weights.items()}
